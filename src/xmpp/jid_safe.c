/*
 * jid_safe.c: local parts that mean the same to servers of either school,
 * stringprep (RFC 6122) or PRECIS (RFC 7622 and 8265).
 */
#include "xmpp/jid_part.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "xmpp/jid.h"

/* RFC 8264, 9.6: LetterDigits that are disallowed all the same. */
static bool is_exception(UChar32 c)
{
	return c == 0x0640 || c == 0x07FA || c == 0x302E || c == 0x302F ||
	       (c >= 0x3031 && c <= 0x3035) || c == 0x303B;
}

/* IdentifierClass, RFC 8264, 4.2, without what depends on its context. */
static bool is_identifier(UChar32 c)
{
	if (c < 0x80)
		return c > 0x20 && c < 0x7F;
	if (is_exception(c) ||
		u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
		return false;
	switch (u_getIntPropertyValue(c, UCHAR_HANGUL_SYLLABLE_TYPE)) {
	case U_HST_LEADING_JAMO:
	case U_HST_VOWEL_JAMO:
	case U_HST_TRAILING_JAMO:
		return false;
	}
	return (U_MASK(u_charType(c)) &
		       (U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK |
			       U_GC_LM_MASK | U_GC_ND_MASK | U_GC_MN_MASK |
			       U_GC_MC_MASK)) != 0;
}

/* RFC 5892, A.8, A.9 and RFC 5893, 2: digits of two kinds do not mix. */
static unsigned digit_kind(UChar32 c)
{
	switch (u_charDirection(c)) {
	case U_ARABIC_NUMBER:
		return 1;
	case U_EUROPEAN_NUMBER:
		return c >= 0x80 ? 2 : 4;
	default:
		return 0;
	}
}

static bool are_identifiers(const UChar *s, int32_t len)
{
	unsigned kinds = 0;
	UChar32 c;

	for (int32_t i = 0; i < len;) {
		U16_NEXT(s, i, len, c);
		if (!is_identifier(c))
			return false;
		kinds |= digit_kind(c);
	}
	return (kinds & (kinds - 1)) == 0;
}

/* NFC of the lower-case form: what RFC 8265, 3.3 makes of it, but for the
 * width mapping, which nobody needs in an address made by us. */
static int32_t precis(const UChar *s, int32_t len, UChar *out, int32_t size)
{
	UChar low[JID_PART_SIZE];
	UErrorCode error = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&error);

	len = u_strToLower(low, JID_PART_SIZE, s, len, "", &error);
	len = unorm2_normalize(nfc, low, len, out, size, &error);
	return U_FAILURE(error) ? -1 : len;
}

bool jid_local_is_safe(struct str local)
{
	BASE_SCRATCH char prepared[JID_PART_SIZE];
	BASE_SCRATCH UChar wide[JID_PART_SIZE];
	BASE_SCRATCH UChar a[JID_PART_SIZE], b[JID_PART_SIZE];
	UErrorCode error = U_ZERO_ERROR;
	ptrdiff_t n = jid_prepare_local(local, prepared, sizeof(prepared));
	int32_t len, a_len, b_len;

	if (n < 0)
		return false;
	if (!jid_part_is_wide(local))
		return true;
	u_strFromUTF8(
		wide, JID_PART_SIZE, &len, local.p, (int32_t)local.len, &error);
	u_strFromUTF8(a, JID_PART_SIZE, &a_len, prepared, (int32_t)n, &error);
	if (U_FAILURE(error) || !are_identifiers(wide, len))
		return false;
	b_len = precis(wide, len, b, JID_PART_SIZE);
	return a_len == b_len && u_memcmp(a, b, a_len) == 0;
}
