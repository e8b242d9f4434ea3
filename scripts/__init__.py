"""The command line (`tanpuhui`) and the demo."""
