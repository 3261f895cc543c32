"""The log: one queue and one chain of segment files a partition, and one thread that commits them all.

``record`` is the format, ``segment`` a file of records, ``partition`` a partition's offsets, queue and
files, ``recovery`` what a start finds on disk, ``worker`` when a commit begins, ``group_commit`` what it
does, ``log`` the whole: every partition of every topic.
"""
