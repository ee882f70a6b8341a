"""Questions of a training: those trained on, those held out, and the test they are held against."""
