def doubled(upto):
    return [number * 2 for number in range(upto)]
