(memory $memory 4096)
