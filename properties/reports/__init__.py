"""Reports, all made from the record of a run; none of them judges anything.

`matrix` is what every report shows; each other module is one format. Import the module of the
format that you want: what is not made brings no library with it.
"""
