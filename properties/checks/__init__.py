"""The properties, one module each: a file is a column of the matrix, ``-k batchnorm`` a row."""
