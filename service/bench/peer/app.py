"""The same counter as it is commonly written in Python: one INCR a request."""

import os

from flask import Flask
from redis import Redis

app = Flask(__name__)
redis = Redis.from_url(os.environ["REDIS_URL"])


@app.get("/")
def count():
    body = f"Holla! we have hit {redis.incr('hits')} times\n"
    return body, {"Content-Type": "text/plain; charset=utf-8"}
