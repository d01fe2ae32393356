-- A store as the version with schema 4 wrote it; the password of both accounts is `pencil pencil`. Never edited.
PRAGMA page_size = 1024;
PRAGMA journal_mode = WAL;
CREATE TABLE account (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    display_name  TEXT NOT NULL,
    enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    keys          BLOB NOT NULL
, kind TEXT NOT NULL DEFAULT 'child'
        CHECK (kind IN ('child', 'parent', 'teacher', 'administrator'))) STRICT;
CREATE TABLE account_group (
    account  INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (account, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE offline_message (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    sender  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    margin  BLOB NOT NULL,
    stanza  BLOB NOT NULL
) STRICT;
CREATE INDEX offline_message_account ON offline_message (account, id);
CREATE INDEX offline_message_at ON offline_message (at);
CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE record (
    account INTEGER REFERENCES account ON DELETE CASCADE,
    shelf   TEXT NOT NULL,
    key     TEXT NOT NULL,
    value   BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_place ON record (coalesce(account, 0), shelf, key);
CREATE TABLE consent (
    name        TEXT PRIMARY KEY,
    signed      TEXT NOT NULL,
    slip        TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded    INTEGER NOT NULL,
    withdrawn   INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    act     TEXT NOT NULL,
    about   TEXT NOT NULL,
    outcome TEXT NOT NULL
) STRICT;
CREATE INDEX audit_about ON audit (about, id);
CREATE INDEX audit_at ON audit (at);

INSERT INTO account (id, name, display_name, kind, enabled, keys) VALUES
(1, 'juliet', 'Juliet C.', 'administrator', 1, CAST('SCRAM-SHA-1$10000:AQEBAQEBAQEBAQEBAQEBAQ==$3t+TEEknlMr+VG6SQUbfGh3EaIo=:6Md2D+SwSblUNfkyAvW+3/Lzq8M=
SCRAM-SHA-256$10000:AgICAgICAgICAgICAgICAg==$JycNFUdbES+WU3Xfo3bJ8Tvd/gM0ArtFv21YB5BJIAI=:VE+6SyvoYOkVKWkv8kxbEH/V9YxIEUKFfE0pRzXj088=' AS BLOB)),
(2, 'romeo', 'Romeo M.', 'child', 1, CAST('SCRAM-SHA-1$10000:AwMDAwMDAwMDAwMDAwMDAw==$xVChY10HvMnAgAlcnVv1dj/iTAY=:IMfAPtnXw7AaJh6gqqfgrVxDe7Q=
SCRAM-SHA-256$10000:BAQEBAQEBAQEBAQEBAQEBA==$FBomj3YcBCT1wFVTug5ZRa8ohzpAfrZiCOAYBfF0G74=:66OHAqGdyNWXLH+bgdTosHUJhS9LB2IrjhsQcdazdPY=' AS BLOB));
INSERT INTO account_group (account, position, name) VALUES (1, 0, 'Class 4b'), (1, 1, 'Chess');
INSERT INTO secret (name, value) VALUES ('decoy', randomblob(32));
INSERT INTO offline_message (account, sender, at, margin, stanza) VALUES
(1, 2, 1700000000000, zeroblob(989), CAST('<message from="romeo@school.test/a" to="juliet@school.test" type="chat"><body>What is a canary?</body></message>' AS BLOB));
INSERT INTO offline_message (account, sender, at, margin, stanza) VALUES
(1, 2, 1700000000001, zeroblob(989), CAST('<message from="romeo@school.test/a" to="juliet@school.test" type="chat"><body>What is in a name?</body></message>' AS BLOB));
INSERT INTO record (account, shelf, key, value) VALUES
(1, 'blocked', 'tybalt@school.test', x''),
(1, 'contact', 'romeo@school.test', CAST('{"name":"my Romeo"}' AS BLOB)),
(1, 'private-xml', 'note urn:x', CAST('<note xmlns="urn:x"/>' AS BLOB)),
(NULL, 'room', 'balcony', CAST('{"configuration":{"title":"Balcony","persistent":true},"affiliations":{"juliet":"owner"},"reserved":{},"subject":null,"creator":"juliet"}' AS BLOB));
INSERT INTO consent (name, signed, slip, recorded_by, recorded, withdrawn) VALUES
('romeo', '2026-09-01', '1', 'anna (uid 0)', 1788000000000, NULL), ('tybalt', '2026-09-02', '1', 'anna (uid 0)', 1788000000000, 1789000000000);
INSERT INTO audit (at, who, act, about, outcome) VALUES (1788000000000, 'anna (uid 0)', 'add-user', 'romeo', 'done');
PRAGMA user_version = 4;
