"""The commands of ``nndl``, the pytest plugin, the notebook."""
