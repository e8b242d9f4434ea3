"""`python -m scripts.verifying` is `tanpuhui-verify`."""

from scripts.verifying.program import main

main()
