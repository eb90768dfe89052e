"""What scalene measures of a program, line by line, as another kind of capture; nothing draws.

scalene runs in the program's own Python and is not imported here: its command line and its JSON are
all that is known of it. It cannot attach, and nothing here signals a process that we did not start:
`scalene.profile --on --pid` kills a plain Python.
"""
