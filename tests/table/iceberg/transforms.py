"""Prints what pyiceberg's transforms make of values: transforms.py '[[transform, type, value], ...]'."""
import json
import sys

from pyiceberg.transforms import parse_transform
from pyiceberg.types import DateType, LongType, StringType, TimestamptzType

TYPES = {"date": DateType(), "long": LongType(), "string": StringType(), "timestamptz": TimestamptzType()}
print(json.dumps([
    parse_transform(transform).transform(TYPES[type])(value)
    for transform, type, value in json.loads(sys.argv[1])
]))
