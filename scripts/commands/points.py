"""`tanpuhui points …`: the whole group, whose commands stand in the modules beside this one."""

from scripts.commands import points_abandoning, points_preparing, points_reading
from scripts.commands.points_sending import app

__all__ = ["app", "points_abandoning", "points_preparing", "points_reading"]
