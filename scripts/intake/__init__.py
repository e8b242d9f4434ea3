"""Files that are uploaded to the console: the machinery of `points` and `import` behind `IntakePort`."""
