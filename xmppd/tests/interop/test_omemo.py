"""OMEMO (XEP-0384) between two unrelated clients: the server keeps devices and bundles, and reads nothing."""

import unittest

from omemo.storage import Just, Nothing, Storage
from slixmpp import JID
from slixmpp.plugins import register_plugin
from slixmpp_omemo import XEP_0384

from school import DOMAIN, Scenario


class Memory(Storage):
    """Keys that end with the test."""

    def __init__(self):
        super().__init__()
        self.values = {}

    async def _load(self, key):
        return Just(self.values[key]) if key in self.values else Nothing()

    async def _store(self, key, value):
        self.values[key] = value

    async def _delete(self, key):
        self.values.pop(key, None)


class Omemo(XEP_0384):
    """Trusts every device blindly, as clients do at first."""

    default_config = {**XEP_0384.default_config, "memory": None}

    @property
    def storage(self):
        self.memory = self.memory or Memory()
        return self.memory

    @property
    def _btbv_enabled(self):
        return True

    async def _prompt_manual_trust(self, manually_trusted, identifier):
        raise AssertionError("a device is not trusted blindly")


register_plugin(Omemo)


class Encrypted(Scenario):
    async def enter(self, name):
        client = await self.client(name, plugins=["xep_0199", "xep_0380", "xep_0384"], presence=False)
        ready = client.happens("omemo_initialized")
        await client.get_roster()
        client.send_presence()
        await ready
        return client

    async def test_two_people_talk_in_secret(self):
        juliet, romeo = await self.enter("juliet"), await self.enter("romeo")
        for one, other in ((juliet, romeo), (romeo, juliet)):
            stanza = one.make_message(other.boundjid.bare, "by yonder blessed moon", mtype="chat")
            stanza.set_from(one.boundjid)
            encrypted, errors = await one["xep_0384"].encrypt_message(stanza, JID(other.boundjid.bare))
            self.assertEqual(errors, frozenset())
            self.assertNotIn("moon", str(encrypted))
            encrypted.send()
            received = await other.reads(other["xep_0384"].is_encrypted)
            opened, _ = await other["xep_0384"].decrypt_message(received)
            self.assertEqual(opened["body"], "by yonder blessed moon")


if __name__ == "__main__":
    unittest.main()
