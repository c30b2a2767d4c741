"""What tests stand on: servers of their own, and builders. One file each."""
