"""Firestore's client library, used as at the start of its documentation."""

from google.cloud import firestore

db = firestore.Client()
db.collection("orders").document("1").set({"customer": "Ann", "amount": 2})
print([(document.id, sorted(document.to_dict().items())) for document in db.collection("orders").stream()])
