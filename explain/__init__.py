"""Why a customer got a score on a day, from what is stored, and whether it can be reproduced."""
