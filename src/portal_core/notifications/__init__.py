"""Telling people: notices by mail and text, the inbox in the portal, and how somebody wants to be told."""
