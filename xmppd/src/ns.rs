//! Every XML namespace that more than one place speaks of, by the name that its specification goes by.

/// XEP-0386, a resource in the same breath as the login.
pub const BIND2: &str = "urn:xmpp:bind:0";
/// XEP-0084, the pictures of an avatar.
pub const AVATAR_DATA: &str = "urn:xmpp:avatar:data";
/// XEP-0084, what is to be known of them.
pub const AVATAR_METADATA: &str = "urn:xmpp:avatar:metadata";
/// XEP-0398, avatars in vCards are those of XEP-0084.
pub const AVATAR_CONVERSION: &str = "urn:xmpp:pep-vcard-conversion:0";
/// XEP-0191, blocking.
pub const BLOCKING: &str = "urn:xmpp:blocking";
/// XEP-0191, why a stanza does not go to who is blocked.
pub const BLOCKING_ERRORS: &str = "urn:xmpp:blocking:errors";
/// XEP-0048, all bookmarks in one element.
pub const BOOKMARK_STORAGE: &str = "storage:bookmarks";
/// XEP-0402, one bookmark an item.
pub const BOOKMARKS: &str = "urn:xmpp:bookmarks:1";
/// XEP-0402 §6, kept in step with XEP-0048 in private XML.
pub const BOOKMARKS_COMPAT: &str = "urn:xmpp:bookmarks:1#compat";
/// XEP-0402 §6, kept in step with XEP-0048 in PEP.
pub const BOOKMARKS_COMPAT_PEP: &str = "urn:xmpp:bookmarks:1#compat-pep";
/// XEP-0411, bookmarks in private XML are those in PEP.
pub const BOOKMARKS_CONVERSION: &str = "urn:xmpp:bookmarks-conversion:0";
/// XEP-0115, entity capabilities.
pub const CAPS: &str = "http://jabber.org/protocol/caps";
/// XEP-0390, entity capabilities.
pub const CAPS2: &str = "urn:xmpp:caps";
/// XEP-0280, copies of messages for one's other resources.
pub const CARBONS: &str = "urn:xmpp:carbons:2";
/// XEP-0280 §6.1, the recommended rules of what is copied.
pub const CARBONS_RULES: &str = "urn:xmpp:carbons:rules:0";
/// XEP-0333, who has read how far.
pub const CHAT_MARKERS: &str = "urn:xmpp:chat-markers:0";
/// XEP-0085, who types and who does not.
pub const CHAT_STATES: &str = "http://jabber.org/protocol/chatstates";
/// XEP-0352, whether somebody looks at the client.
pub const CLIENT_STATE: &str = "urn:xmpp:csi:0";
/// XEP-0050, ad-hoc commands.
pub const COMMANDS: &str = "http://jabber.org/protocol/commands";
/// XEP-0249, direct invitations to rooms.
pub const CONFERENCE: &str = "jabber:x:conference";
/// XEP-0308, corrections.
pub const CORRECTION: &str = "urn:xmpp:message-correct:0";
/// XEP-0004, data forms.
pub const DATA_FORMS: &str = "jabber:x:data";
/// RFC 6120, the content namespace of clients.
pub const CLIENT: &str = "jabber:client";
/// XEP-0203, delayed delivery.
pub const DELAY: &str = "urn:xmpp:delay";
/// XEP-0030, information.
pub const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
/// XEP-0030, items.
pub const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
/// XEP-0380, by what a message is encrypted.
pub const ENCRYPTION: &str = "urn:xmpp:eme:0";
/// XEP-0428, text for clients that do not understand the rest.
pub const FALLBACK: &str = "urn:xmpp:fallback:0";
/// XEP-0484, logging in by a token.
pub const FAST: &str = "urn:xmpp:fast:0";
/// RFC 7395 §3.3.2, the ends of a stream over WebSocket.
pub const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
/// XEP-0297, a stanza within another.
pub const FORWARD: &str = "urn:xmpp:forward:0";
/// XEP-0300, digests.
pub const HASHES: &str = "urn:xmpp:hashes:2";
/// XEP-0334, what is to become of a message.
pub const HINTS: &str = "urn:xmpp:hints";
/// XEP-0353, calls before they are taken.
pub const JINGLE_MESSAGE: &str = "urn:xmpp:jingle-message:0";
/// XEP-0012, last activity.
pub const LAST: &str = "jabber:iq:last";
/// XEP-0425, a moderator takes a message back.
pub const MODERATE: &str = "urn:xmpp:message-moderate:1";
/// XEP-0045, rooms; what a client says who enters one.
pub const MUC: &str = "http://jabber.org/protocol/muc";
/// XEP-0045 §9, roles and affiliations.
pub const MUC_ADMIN: &str = "http://jabber.org/protocol/muc#admin";
/// XEP-0045 §10, configuration and the end of a room.
pub const MUC_OWNER: &str = "http://jabber.org/protocol/muc#owner";
/// XEP-0045 §7.10, the form that reserves a nick.
pub const MUC_REGISTER: &str = "http://jabber.org/protocol/muc#register";
/// XEP-0045 §7.13, the form that asks for voice.
pub const MUC_REQUEST: &str = "http://jabber.org/protocol/muc#request";
/// XEP-0045 §10.2, the form that configures a room.
pub const MUC_ROOM_CONFIG: &str = "http://jabber.org/protocol/muc#roomconfig";
/// XEP-0045 §6.4, what is told of a room.
pub const MUC_ROOM_INFO: &str = "http://jabber.org/protocol/muc#roominfo";
/// XEP-0410 §3.3, a room answers an occupant's ping to itself.
pub const MUC_SELF_PING: &str = "http://jabber.org/protocol/muc#self-ping-optimization";
/// XEP-0045 §7.4, what a room reflects keeps its id.
pub const MUC_STABLE_ID: &str = "http://jabber.org/protocol/muc#stable_id";
/// XEP-0045, what a room says of its occupants; in private messages between them too.
pub const MUC_USER: &str = "http://jabber.org/protocol/muc#user";
/// XEP-0421, who an occupant is, whatever the nick.
pub const OCCUPANT_ID: &str = "urn:xmpp:occupant-id:0";
/// XEP-0160, advertised in disco.
pub const OFFLINE: &str = "msgoffline";
/// XEP-0199, ping.
pub const PING: &str = "urn:xmpp:ping";
/// RFC 6121 §3.4, subscription pre-approval as a stream feature.
pub const PRE_APPROVAL: &str = "urn:xmpp:features:pre-approval";
/// XEP-0049, private XML.
pub const PRIVATE_XML: &str = "jabber:iq:private";
/// XEP-0060, publish-subscribe.
pub const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
/// XEP-0060, conditions of errors.
pub const PUBSUB_ERRORS: &str = "http://jabber.org/protocol/pubsub#errors";
/// XEP-0060, what subscribers hear.
pub const PUBSUB_EVENT: &str = "http://jabber.org/protocol/pubsub#event";
/// XEP-0060, what is known of a node.
pub const PUBSUB_META_DATA: &str = "http://jabber.org/protocol/pubsub#meta-data";
/// XEP-0060, how a node is configured.
pub const PUBSUB_NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
/// XEP-0060, what is an owner's alone.
pub const PUBSUB_OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
/// XEP-0444, reactions.
pub const REACTIONS: &str = "urn:xmpp:reactions:0";
/// XEP-0184, receipts.
pub const RECEIPTS: &str = "urn:xmpp:receipts";
/// XEP-0077, registration; here of a nick with a room.
pub const REGISTER: &str = "jabber:iq:register";
/// XEP-0461, replies.
pub const REPLY: &str = "urn:xmpp:reply:0";
/// XEP-0424, retractions.
pub const RETRACTION: &str = "urn:xmpp:message-retract:1";
/// RFC 6121 §2, the roster.
pub const ROSTER: &str = "jabber:iq:roster";
/// RFC 6121 §2.6, roster versioning as a stream feature.
pub const ROSTER_VERSIONING: &str = "urn:xmpp:features:rosterver";
/// XEP-0440, channel-binding types.
pub const SASL_CHANNEL_BINDING: &str = "urn:xmpp:sasl-cb:0";
/// RFC 6120 §6, SASL.
pub const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
/// XEP-0388, SASL with room for more.
pub const SASL2: &str = "urn:xmpp:sasl:2";
/// RFC 6120 §7, resource binding.
pub const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
/// RFC 3921 §3, sessions; kept for old clients.
pub const SESSION: &str = "urn:ietf:params:xml:ns:xmpp-session";
/// XEP-0359, ids that are unique and stay.
pub const STANZA_IDS: &str = "urn:xmpp:sid:0";
/// RFC 6120 §8.3, conditions of stanza errors.
pub const STANZA_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
/// RFC 6120 §4.9, conditions of stream errors.
pub const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
/// XEP-0198, stream management.
pub const STREAM_MANAGEMENT: &str = "urn:xmpp:sm:3";
/// RFC 6120 §4.8.1, the stream itself.
pub const STREAMS: &str = "http://etherx.jabber.org/streams";
/// RFC 6120 §5, STARTTLS.
pub const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
/// XEP-0202, entity time.
pub const TIME: &str = "urn:xmpp:time";
/// XEP-0054, a card.
pub const VCARD: &str = "vcard-temp";
/// RFC 6351, a card.
pub const VCARD4: &str = "urn:ietf:params:xml:ns:vcard-4.0";
/// XEP-0292, the node of a card.
pub const VCARD4_NODE: &str = "urn:xmpp:vcard4";
/// XEP-0153, the avatar's hash in presence.
pub const VCARD_UPDATE: &str = "vcard-temp:x:update";
/// XEP-0363, files shared through the web port.
pub const UPLOAD: &str = "urn:xmpp:http:upload:0";
/// XEP-0092, software version.
pub const VERSION: &str = "jabber:iq:version";
/// Namespaces in XML §3: bound to `xml` without a declaration.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespaces in XML §3: bound to `xmlns`, and to nothing else.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
