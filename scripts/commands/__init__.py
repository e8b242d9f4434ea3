"""The commands of `tanpuhui`, a module for each group."""
