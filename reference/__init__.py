"""Truth: reference maths with rounding bounds, and numerical derivatives.

Every function here takes plain float64 arrays and returns `running_error.Bounded`: a value and a
bound on the rounding error of a sane floating-point evaluation of the same quantity. Formulas are
derived on their own, differently from the layers that are held against them.
"""
