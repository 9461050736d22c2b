project = "Swap on dm-crypt"
extensions = []
