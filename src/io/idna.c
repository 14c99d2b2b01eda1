/*
 * idna.c: domain names to the form that DNS and certificates use.
 */
#include "io/io.h"

#include <idn2.h>
#include <stdio.h>
#include <string.h>

/* Letters, digits and hyphens, labels of 1 to 63 bytes.  RFC 1123, 2.1.  The
 * underscore is in real host names, though not in the standard's. */
static bool is_host_name(struct str s)
{
	while (s.p) {
		struct str label = str_cut(&s, '.');

		if (label.len == 0 || label.len > 63 || label.p[0] == '-' ||
			label.p[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++) {
			char c = label.p[i];

			if (!((c >= 'a' && c <= 'z') ||
				    (c >= '0' && c <= '9') || c == '-' ||
				    c == '_'))
				return false;
		}
	}
	return true;
}

int io_domain_to_ascii(struct str domain, char *out, size_t size)
{
	char name[1024], *ascii = NULL;
	size_t len;
	int rc = -STOX_EINVAL;

	if (domain.len > 0 && domain.p[domain.len - 1] == '.')
		domain.len--;
	if (domain.len == 0 || domain.len >= sizeof(name) ||
		str_has_control(domain))
		return -STOX_EINVAL;
	memcpy(name, domain.p, domain.len);
	name[domain.len] = '\0';
	if (idn2_to_ascii_8z(name, &ascii,
		    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return -STOX_EINVAL;
	len = strlen(ascii);
	if (len > 0 && ascii[len - 1] == '.')
		ascii[--len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (ascii[i] >= 'A' && ascii[i] <= 'Z')
			ascii[i] = (char)(ascii[i] - 'A' + 'a');
	if (len <= 253 && len < size && is_host_name(str_from(ascii))) {
		memcpy(out, ascii, len + 1);
		rc = 0;
	}
	idn2_free(ascii);
	return rc;
}
