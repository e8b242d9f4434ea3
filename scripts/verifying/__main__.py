"""`python -m scripts.verifying` is `tanpuhui-verify`."""

from scripts.verifying.program import main

if __name__ == "__main__":
    main()
