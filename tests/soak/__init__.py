"""Soaks: the long forms of promises, `python3 dev.py soak NAME`; each module but the frame's is one."""
