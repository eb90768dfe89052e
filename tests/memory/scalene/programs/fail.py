"""It works for a moment, and breaks."""

for number in range(3_000_000):
    number * number
raise ValueError("it \x1b[31mbroke")
