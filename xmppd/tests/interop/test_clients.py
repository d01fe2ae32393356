"""What unrelated clients need of a server, tried with them."""

import unittest

from slixmpp.exceptions import IqError, PresenceError

from school import DOMAIN, Scenario

JULIET, ROMEO, NURSE = (f"{name}@{DOMAIN}" for name in ("juliet", "romeo", "nurse"))
ROOM = f"balcony@rooms.{DOMAIN}"


class Chat(Scenario):
    async def test_two_people_talk(self):
        juliet, romeo = await self.client("juliet"), await self.client("romeo")
        juliet.send_message(ROMEO, "wherefore?")
        message = await romeo.reads()
        self.assertEqual((message["body"], message["from"].bare), ("wherefore?", JULIET))

    async def test_everybody_is_in_the_roster_and_seen(self):
        juliet = await self.client("juliet")
        self.assertEqual(set(juliet.client_roster) - {JULIET}, {ROMEO, NURSE})
        await self.client("romeo")
        presence = await juliet.sees(lambda one: one["from"].bare == ROMEO)
        self.assertEqual(presence["type"], "available")

    async def test_what_is_said_to_someone_away_waits(self):
        juliet = await self.client("juliet")
        juliet.send_message(ROMEO, "later")
        await juliet.get_roster()
        romeo = await self.client("romeo", plugins=["xep_0203"])
        message = await romeo.reads()
        self.assertEqual(message["body"], "later")
        self.assertTrue(message["delay"]["stamp"])

    async def test_all_devices_of_a_person_have_the_conversation(self):
        phone = await self.client("juliet", "phone", ["xep_0280"])
        laptop = await self.client("juliet", "laptop", ["xep_0280"])
        romeo = await self.client("romeo")
        await laptop["xep_0280"].enable()
        sent, received = laptop.happens("carbon_sent"), laptop.happens("carbon_received")
        phone.send_message(ROMEO, "from the phone", mtype="chat")
        question = await romeo.reads()
        self.assertEqual((await sent)["carbon_sent"]["body"], "from the phone")
        romeo.send_message(question["from"], "to the phone", mtype="chat")
        self.assertEqual((await received)["carbon_received"]["body"], "to the phone")

    async def test_who_is_blocked_is_not_heard(self):
        juliet = await self.client("juliet", plugins=["xep_0191"])
        romeo = await self.client("romeo")
        await juliet["xep_0191"].block(ROMEO)
        blocked = await juliet["xep_0191"].get_blocked()
        self.assertEqual({str(one["jid"]) for one in blocked["blocklist"]["items"]}, {ROMEO})
        romeo.send_message(JULIET, "hello?", mtype="chat")
        refusal = await romeo.reads(lambda message: message["type"] == "error")
        self.assertEqual(refusal["error"]["condition"], "service-unavailable")
        await juliet["xep_0191"].unblock(ROMEO)
        romeo.send_message(JULIET, "again", mtype="chat")
        self.assertEqual((await juliet.reads())["body"], "again")


class Streams(Scenario):
    async def test_a_cut_connection_is_resumed(self):
        juliet = await self.client("juliet", plugins=["xep_0198"])
        romeo = await self.client("romeo")
        if not juliet["xep_0198"].enabled_in:
            await juliet.happens("sm_enabled")
        resumed = juliet.happens("session_resumed")
        juliet.abort()
        romeo.send_message(juliet.boundjid, "while you were away", mtype="chat")
        await romeo.get_roster()
        juliet.connect("127.0.0.1", self.school.port)
        await resumed
        self.assertEqual((await juliet.reads())["body"], "while you were away")


class Rooms(Scenario):
    async def test_a_room_is_made_and_used(self):
        nurse = await self.client("nurse", plugins=["xep_0045"])
        juliet = await self.client("juliet", plugins=["xep_0045"])
        await nurse["xep_0045"].join_muc_wait(ROOM, "Nurse", timeout=20)
        await nurse["xep_0045"].set_room_config(ROOM, await nurse["xep_0045"].get_room_config(ROOM))
        await juliet["xep_0045"].join_muc_wait(ROOM, "Juliet", timeout=20)
        self.assertEqual(set(juliet["xep_0045"].get_roster(ROOM)), {"Juliet", "Nurse"})
        nurse.send_message(ROOM, "come down", mtype="groupchat")
        message = await juliet.reads()
        self.assertEqual((message["body"], message["from"].resource), ("come down", "Nurse"))
        left = juliet.happens("muc::%s::self-presence" % ROOM)
        await nurse["xep_0045"].set_role(ROOM, "Juliet", "none")
        self.assertIn(307, (await left)["muc"]["status_codes"])

    async def test_children_make_no_rooms(self):
        juliet = await self.client("juliet", plugins=["xep_0045"])
        with self.assertRaises(PresenceError) as refused:
            await juliet["xep_0045"].join_muc_wait(ROOM, "Juliet", timeout=20)
        self.assertEqual(refused.exception.condition, "not-allowed")


class PersonalData(Scenario):
    async def test_a_nickname_reaches_who_wants_it(self):
        plugins = ["xep_0030", "xep_0060", "xep_0115", "xep_0163", "xep_0172"]
        juliet = await self.client("juliet", plugins=plugins)
        romeo = await self.client("romeo", plugins=plugins, presence=False)
        await romeo["xep_0030"].add_feature("http://jabber.org/protocol/nick+notify")
        heard = romeo.happens("user_nick_publish")
        await romeo["xep_0115"].update_caps()
        romeo.send_presence()
        await juliet["xep_0172"].publish_nick("Jule")
        event = await heard
        self.assertEqual(event["from"].bare, JULIET)
        self.assertEqual(event["pubsub_event"]["items"]["item"]["nick"]["nick"], "Jule")

    async def test_an_avatar_is_seen_by_old_and_new_clients(self):
        image = bytes.fromhex("89504e470d0a1a0a") + b"not much of a picture"
        juliet = await self.client("juliet", plugins=["xep_0054", "xep_0084", "xep_0153"])
        romeo = await self.client("romeo", plugins=["xep_0054", "xep_0084"])
        await juliet["xep_0084"].publish_avatar(image)
        await juliet["xep_0084"].publish_avatar_metadata(
            [{"id": juliet["xep_0084"].generate_id(image), "type": "image/png", "bytes": len(image)}])
        found = await romeo["xep_0084"].retrieve_avatar(JULIET, juliet["xep_0084"].generate_id(image))
        self.assertEqual(found["pubsub"]["items"]["item"]["avatar_data"]["value"], image)
        card = await romeo["xep_0054"].get_vcard(JULIET)
        self.assertEqual(card["vcard_temp"]["PHOTO"]["BINVAL"], image)

    async def test_a_card_is_kept(self):
        juliet = await self.client("juliet", plugins=["xep_0054"])
        card = juliet["xep_0054"].make_vcard()
        card["FN"] = "Juliet Capulet"
        await juliet["xep_0054"].publish_vcard(card)
        self.school.restart()
        romeo = await self.client("romeo", plugins=["xep_0054"])
        found = await romeo["xep_0054"].get_vcard(JULIET)
        self.assertEqual(found["vcard_temp"]["FN"], "Juliet Capulet")

    async def test_old_and_new_bookmarks_are_the_same(self):
        juliet = await self.client("juliet", plugins=["xep_0048", "xep_0049", "xep_0402", "xep_0223"])
        old = juliet["xep_0048"].stanza.Bookmarks()
        old.add_conference(ROOM, "Juliet", autojoin=True, name="Balcony")
        await juliet["xep_0048"].set_bookmarks(old, method="xep_0049")
        found = await juliet["xep_0060"].get_items(JULIET, "urn:xmpp:bookmarks:1")
        self.assertEqual([item["id"] for item in found["pubsub"]["items"]], [ROOM])


class Administration(Scenario):
    async def test_an_administrator_lists_accounts_from_a_client(self):
        nurse = await self.client("nurse", plugins=["xep_0030", "xep_0050", "xep_0133"])
        node = "http://jabber.org/protocol/admin#get-registered-users-list"
        answer = await nurse["xep_0050"].send_command(DOMAIN, node)
        form = answer["command"]["form"]
        if answer["command"]["status"] == "executing":
            session = answer["command"]["sessionid"]
            form["type"] = "submit"
            answer = await nurse["xep_0050"].send_command(DOMAIN, node, action="complete", payload=form, sessionid=session)
        values = answer["command"]["form"].get_values()["registereduserjids"]
        values = values if isinstance(values, list) else values.split("\n")
        self.assertEqual(set(values), {JULIET, ROMEO, NURSE})

    async def test_a_child_does_not(self):
        juliet = await self.client("juliet", plugins=["xep_0050"])
        with self.assertRaises(IqError) as refused:
            await juliet["xep_0050"].send_command(DOMAIN, "http://jabber.org/protocol/admin#get-registered-users-list")
        self.assertEqual(refused.exception.condition, "forbidden")


if __name__ == "__main__":
    unittest.main()
