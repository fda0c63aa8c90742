"""Per-image evidence of one scoring, so that two models can later be compared on the same images.

Three Parquet tables in one folder. Rows are ordered by image id, then by
falling score (detections) or by label order (ground truth). Each table's
metadata, all text, names what it belongs to: schema_version, model_sha256,
dataset_digest, classes (a JSON list), match_iou and threshold.
"""

from __future__ import annotations

SCHEMA_VERSION = 1

IMAGES = "images.parquet"
"""Columns: image_id str, sha256 str, width int32, height int32, group str (empty where unknown)."""

GROUND_TRUTH = "ground_truth.parquet"
"""Columns: image_id str, class_id int32, x_min, y_min, x_max, y_max float64, matched bool (at the operating point)."""

DETECTIONS = "detections.parquet"
"""Columns: image_id str, class_id int32, score float32, x_min, y_min, x_max, y_max float32,
true_positive bool (greedy by score at the report's IoU, over all scores), iou float32 with its match (0 without)."""
