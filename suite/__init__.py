"""What is asked and how it is judged: cases, strict checks, scores, statistics, gates, reports.

Pure Python: nothing here loads a model or imports torch.
"""
