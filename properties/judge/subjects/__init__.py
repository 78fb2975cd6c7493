"""What is judged: functions, nets, update rules, a solver."""
