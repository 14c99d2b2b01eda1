"""SIP messages as text: what scripted users of all kinds read them with."""

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id",
           "l": "content-length", "c": "content-type", "s": "subject",
           "m": "contact", "o": "event", "k": "supported"}


def parse(head):
    """Start line and a list of (lower-case name, value)."""
    lines = head.decode("utf-8", "replace").split("\r\n")
    headers = []
    for line in lines[1:]:
        if line[:1] in (" ", "\t") and headers:
            headers[-1][1] += " " + line.strip()
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            headers.append([COMPACT.get(name, name), value.strip()])
    return lines[0], headers


def first(headers, name):
    return next((value for key, value in headers if key == name), "")


def tag_of(header):
    """The tag of a From or To."""
    return header.partition(";tag=")[2].split(";")[0]


def uri_of(header):
    """What stands in the brackets of a name-addr."""
    return header.partition("<")[2].partition(">")[0]


def values(headers, name):
    """Every value of a header, in order: lines, and what commas part."""
    found = []
    for key, text in headers:
        if key != name:
            continue
        start = depth = 0
        quoted = False
        for at, char in enumerate(text):
            if char == '"':
                quoted = not quoted
            elif not quoted and char in "<>":
                depth += 1 if char == "<" else -1
            elif not quoted and not depth and char == ",":
                found.append(text[start:at].strip())
                start = at + 1
        found.append(text[start:].strip())
    return [value for value in found if value]
