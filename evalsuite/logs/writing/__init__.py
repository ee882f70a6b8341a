"""Writers: the same answers in the files of other tools, where what is unknown is left out."""
