"""A laboratory of emulated machines with the kernel's own ZFS, LIO and open-iscsi."""
