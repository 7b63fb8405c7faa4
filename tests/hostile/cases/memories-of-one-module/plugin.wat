(memory $second 1)
