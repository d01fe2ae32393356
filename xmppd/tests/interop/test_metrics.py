"""What programs that watch the server are told, read by parsers that are not ours."""

import asyncio
import subprocess

from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
from prometheus_client.parser import text_string_to_metric_families as older

from school import LIMIT, Scenario


class Metrics(Scenario):
    def metrics(self):
        return subprocess.run([self.school.program, "metrics", "--data", str(self.school.data)],
                              capture_output=True, text=True, check=True, timeout=LIMIT).stdout

    async def families_once_a_message_waits(self):
        """It is kept soon after it was sent; nobody is told when."""
        async with asyncio.timeout(LIMIT):
            while True:
                families = {family.name: family for family in strict(self.metrics())}
                if families["xmppd_offline_messages"].samples[0].value:
                    return families
                await asyncio.sleep(0.05)

    async def test_both_formats_are_understood(self):
        juliet = await self.client("juliet")
        juliet.send_message("romeo@school.test", "wherefore?")
        await juliet.get_roster()
        families = await self.families_once_a_message_waits()
        value = lambda name: families[f"xmppd_{name}"].samples[0].value
        self.assertEqual([value(name) for name in ("accounts_online", "sessions", "offline_messages")], [1, 1, 1])
        kinds = {sample.labels["kind"]: sample.value for sample in families["xmppd_accounts"].samples}
        self.assertEqual(kinds, {"child": 0, "parent": 0, "teacher": 2, "administrator": 1})
        self.assertEqual(families["xmppd_database_bytes"].unit, "bytes")
        self.assertGreater(value("stanzas"), 1)
        # The textfile collector of node_exporter reads the older format, and stumbles over types that it does not know.
        self.assertLessEqual({family.type for family in older(self.metrics())}, {"counter", "gauge", "unknown"})

    async def test_nobody_is_named(self):
        await self.client("juliet", "balcony")
        metrics = self.metrics()
        for name in ("juliet", "romeo", "nurse", "balcony", "127.0.0.1", "school.test"):
            self.assertNotIn(name, metrics)
