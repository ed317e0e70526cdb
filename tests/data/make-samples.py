#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the sample files of this folder, the same on every machine: invented tickets of a newsroom
and aid desk, and exports in the layouts of KeePassXC 2.7 and Bitwarden 2024. No real data.

usage: make-samples.py [FOLDER]
"""
import csv
import datetime
import json
import pathlib
import random
import sys
import uuid

WHAT = [
    ("{thing} in {place} is down", "network"), ("Lost {thing} near {place}", "equipment"),
    ("Request: {thing} for {place} team", "equipment"), ("{thing} needs an update before travel", "equipment"),
    ("Threat received by {who} in {place}", "security"), ("{who} has not checked in from {place}", "security"),
    ("Safe transport for {who} to {place}", "travel"), ("Visa letter for {who}", "travel"),
    ("Fact check: claim about {topic}", "editing"), ("Legal review of the {topic} story", "editing"),
    ("Translate interview on {topic}", "editing"), ("Source wants to talk about {topic}", "sources"),
    ("Archive footage of {topic}", "archive"), ("Phishing mail to {who}", "security"),
    ("Medical kit for {place} expired", "health"), ("Reset second factor of {who}", "accounts"),
    ("Invoice from {place} guesthouse unpaid", "office"), ("Water filter at {place} broken", "office"),
    ("Correction needed in {topic} piece", "editing"), ("Generator fuel for {place}", "office"),
]
THING = ["satellite phone", "VPN", "laptop", "camera", "power bank", "printer", "scanner", "router", "body armour",
         "recorder", "SIM card", "encrypted drive", "generator", "projector", "tablet"]
PLACE = ["Łódź", "Tuzla", "Beirut", "Nairobi", "Asunción", "Oaxaca", "Kharkiv", "Tbilisi", "Málaga", "Sarajevo",
         "Gaziantep", "Mombasa", "São Luís", "Odesa", "Reykjavík", "Chișinău"]
WHO = ["Mariam", "Jürgen", "Zoë", "Ibrahim", "Nadežda", "Lucía", "Tomáš", "Aylin", "Chidi", "Søren", "Wanjirũ", "Ольга"]
TOPIC = ["port strike", "river dam", "asylum centre", "harvest loans", "mine closure", "water prices", "hospital funds",
         "fishing quota", "school merger", "border fence", "court delay", "housing auction"]
BODY = [
    "Reported by phone at {time}. Needs an answer today.",
    "Seen twice this week.\nFirst steps: restart, check cable, call the provider.",
    "Please keep this inside the desk; the person asked not to be named.",
    "Details follow by courier. Contact: +00 555 {n:04d}",
    "Steps:\n1. call {who}\n2. write down what was said\n3. decide by noon",
    "He said: \"not before Monday\", then hung up.",
    "", "", "See also no. {n}.",
]
SEVERITY = ["Low"] * 3 + ["Normal"] * 8 + ["High"] * 3 + ["Emergency"]
STATE = ["New"] * 4 + ["Triage"] * 2 + ["Open"] * 6 + ["Waiting"] * 3 + ["Escalated"] + ["Done"] * 8
TAGS = ["radio", "field", "urgent", "donor", "weekly", "remote", "backup", "night"]


def tickets(path, rng):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\r\n")
        out.writerow(["Ticket no", "Summary", "Description", "Priority", "Status", "Assignee", "Due date", "Labels",
                      "Location", "Opened"])
        day = datetime.date(2026, 1, 5)
        for number in range(1, 501):
            title, kind = rng.choice(WHAT)
            place = rng.choice(PLACE)
            words = {"thing": rng.choice(THING), "place": place, "who": rng.choice(WHO), "topic": rng.choice(TOPIC),
                     "time": f"{rng.randrange(6, 22):02d}:{rng.randrange(60):02d}", "n": rng.randrange(1, 500)}
            title = title.format(**words)
            title = title[0].upper() + title[1:]
            due = "" if rng.random() < 0.35 else str(day + datetime.timedelta(rng.randrange(1, 45)))
            tags = [kind] + rng.sample(TAGS, rng.randrange(0, 3))
            out.writerow([f"D-{number:04d}", title, rng.choice(BODY).format(**words), rng.choice(SEVERITY),
                          rng.choice(STATE), rng.choice(["Ana", "Ben", "Ana", "Ben", ""]), due, "; ".join(tags),
                          place if rng.random() < 0.6 else "", str(day)])
            day += datetime.timedelta(rng.randrange(0, 2))


SITES = ["mail", "wiki", "cloud", "bank", "press", "forum", "server", "router", "calendar", "payroll", "archive", "radio",
         "donations", "domain", "printer", "video", "maps", "backup", "news", "tickets"]
PASS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&*+-=?@_\"',;<> \\"


def password(rng):
    return "".join(rng.choice(PASS) for _ in range(rng.randrange(12, 28)))


def base32(rng):
    return "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(32))


def otpauth(rng, name, user):
    return f"otpauth://totp/{name}:{user}?secret={base32(rng)}&period=30&digits=6&issuer={name}"


def stamp(rng):
    return f"202{rng.randrange(3, 6)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}T" \
           f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}Z"


def keepassxc(path, rng):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        out.writerow(["Group", "Title", "Username", "Password", "URL", "Notes", "TOTP", "Icon", "Last Modified",
                      "Created"])
        for number in range(40):
            site = SITES[number % len(SITES)]
            group = rng.choice(["Desk", "Desk/Mail", "Desk/Büro", "Desk/Field/Tuzla"])
            user = rng.choice(["desk", "ana", "ben", "redaktion@example.org", "søren"])
            title = f"{site.capitalize()} {number // len(SITES) + 1}"
            if number == 17:
                title = ""  # KeePassXC lets an entry have none
            secret = password(rng) if number != 5 else "=1+1"  # looks like a formula, is a password
            notes = rng.choice(["", "", "ask \"Zoë\" first", "two lines\nof notes, with a comma", "Schlüssel im Tresor"])
            totp = otpauth(rng, site, user) if number % 4 == 0 else ""
            out.writerow([group, title, user, secret, f"https://{site}.example.org/login", notes, totp,
                          str(rng.randrange(60)), stamp(rng), stamp(rng)])


def bitwarden(path, rng):
    def ident():
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    folders = [{"id": ident(), "name": name} for name in ("Desk", "Field", "Büro")]
    items = []
    for number in range(30):
        item = {
            "passwordHistory": None, "revisionDate": stamp(rng).replace("Z", ".113Z"),
            "creationDate": stamp(rng).replace("Z", ".113Z"), "deletedDate": None, "id": ident(), "organizationId": None,
            "folderId": rng.choice(folders)["id"] if number % 5 else None, "type": 1, "reprompt": 0,
            "name": f"{SITES[number % len(SITES)].capitalize()} account {number}",
            "notes": rng.choice([None, "for the night shift", "line one\nline two"]), "favorite": number % 7 == 0,
            "fields": [], "collectionIds": None,
        }
        if number % 10 == 7:
            item.update(type=2, secureNote={"type": 0}, name=f"Door plan {number}", notes="Safe left of the door: 4711")
        elif number % 10 == 8:
            item.update(type=3, name=f"Travel card {number}", card={
                "cardholderName": "Harbour Desk", "brand": "Visa", "number": "4111111111111111", "expMonth": "4",
                "expYear": "2028", "code": f"{rng.randrange(1000):03d}"})
        elif number % 10 == 9:
            item.update(type=4, name=f"Identity {number}", identity={
                "title": "Ms", "firstName": "Zoë", "middleName": None, "lastName": "Example", "address1": "Quay 1",
                "city": "Málaga", "country": "ES", "passportNumber": f"X{rng.randrange(10**7):07d}", "username": "zoe"})
        else:
            site = SITES[number % len(SITES)]
            uris = [{"match": None, "uri": f"https://{site}.example.org"}]
            if number % 6 == 1:
                uris.append({"match": 1, "uri": f"https://login.{site}.example.net/äöü"})
            item["login"] = {
                "fido2Credentials": [], "uris": uris, "username": rng.choice(["desk", "ana@example.org", "ben"]),
                "password": password(rng), "totp": otpauth(rng, site, "desk") if number % 3 == 0 else None}
            if number % 4 == 2:
                item["fields"] = [{"name": "floor", "value": "3", "type": 0, "linkedId": None},
                                  {"name": "PIN", "value": f"{rng.randrange(10000):04d}", "type": 1, "linkedId": None},
                                  {"name": "shared", "value": "true", "type": 2, "linkedId": None}]
            if number % 5 == 4:
                item["passwordHistory"] = [{"lastUsedDate": stamp(rng), "password": password(rng)} for _ in range(2)]
        items.append(item)
    text = json.dumps({"encrypted": False, "folders": folders, "items": items}, ensure_ascii=False, indent=2)
    pathlib.Path(path).write_text(text + "\n", encoding="utf-8")


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    tickets(folder / "tickets-500.csv", random.Random(500))
    keepassxc(folder / "keepassxc-export.csv", random.Random(40))
    bitwarden(folder / "bitwarden-export.json", random.Random(30))


if __name__ == "__main__":
    main()
