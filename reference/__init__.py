"""Truth: reference maths with rounding bounds, and numerical derivatives.

Every function here takes float64 arrays, or arrays that carry a bound already, and returns
`bounded.Bounded`: a value and a bound on the rounding error of a sane floating-point evaluation of
the same quantity, in the arithmetic that `precision.Precision` names. Formulas are derived on their
own, differently from the layers that are held against them.
"""
