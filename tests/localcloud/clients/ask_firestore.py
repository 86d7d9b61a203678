"""Firestore's client library, as its documentation begins."""

from google.cloud import firestore

db = firestore.Client()
db.collection("orders").document("1").set({"customer": "Ann", "amount": 2})
print([(document.id, sorted(document.to_dict().items())) for document in db.collection("orders").stream()])
