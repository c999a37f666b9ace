"""Imported before numpy: one thread adds in one order, so that the same data gives the same bytes."""

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"
