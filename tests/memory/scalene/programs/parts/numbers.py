def doubled(upto):
    total = 0
    for number in range(upto):
        total += number * 2
    return total
