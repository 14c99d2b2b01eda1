/*
 * fuzz_sip.c: framing and parsing of SIP messages.
 *
 * The first byte says in which pieces the rest arrives; framing must not care.
 * What was accepted is written again from its parts and must then read the
 * same; nothing that is accepted holds a line break.
 */
#include <stdlib.h>

#include "sip/message.h"
#include "stox/types.h"

static ptrdiff_t frame(struct str bytes, size_t step,
	const struct limits *limits, struct sip_framing *state,
	struct sip_fault *fault)
{
	ptrdiff_t n = 0;

	for (size_t len = 0; len < bytes.len && !n;) {
		len = bytes.len - len > step ? len + step : bytes.len;
		n = sip_message_frame((struct str){ bytes.p, len }, state,
			limits, fault);
	}
	return n;
}

static bool one_line(struct str s)
{
	return !s.len || (!memchr(s.p, '\r', s.len) &&
				 !memchr(s.p, '\n', s.len));
}

static void check_parts(const struct sip_message *m)
{
	for (size_t i = 0; i < m->header_count; i++) {
		stox_require(one_line(m->headers[i].name));
		stox_require(one_line(m->headers[i].value));
		stox_require(sip_header_id(m->headers[i].name) ==
			     m->headers[i].id);
	}
	stox_require(one_line(m->method) && one_line(m->uri_text));
	stox_require(m->via_count && m->cseq <= INT32_MAX);
	stox_require(m->call_id.len && m->from.uri_text.len &&
		     m->to.uri_text.len && m->cseq_method.len);
	(void)sip_message_has_token(m, SIP_H_SUPPORTED, "gruu");
	(void)sip_message_header_named(m, "Refer-To", NULL);
}

static void write_start(struct buf *out, const struct sip_message *m)
{
	if (m->is_request)
		buf_printf(out, "%.*s %.*s SIP/2.0\r\n", STR_FMT(m->method),
			STR_FMT(m->uri_text));
	else
		buf_printf(out, "SIP/2.0 %u x\r\n", m->status);
}

/* The five headers of a response; false when one holds what we do not write
 * (a quoted NUL). */
static bool write_five(struct buf *out, const struct sip_message *m)
{
	static const enum sip_header_id ids[] = { SIP_H_VIA, SIP_H_FROM,
		SIP_H_TO, SIP_H_CALL_ID, SIP_H_CSEQ };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct sip_header *h = NULL;

		while ((h = sip_message_header(m, ids[i], h)))
			if (sip_write_header(out, sip_header_name(h->id),
				    h->value) < 0)
				return false;
	}
	buf_add_text(out, "Content-Length: 0\r\n\r\n");
	return true;
}

/* Writing removes control characters, so texts with some may differ. */
static void check_again(const struct sip_message *m,
	const struct limits *limits)
{
	struct sip_message again;
	struct sip_framing state = { 0 };
	struct sip_fault fault;
	struct buf out;

	buf_init(&out, 1 << 20, NULL);
	write_start(&out, m);
	if (!write_five(&out, m) || str_has_control(m->from.display) ||
		str_has_control(m->to.display))
		goto out;
	stox_require(sip_message_frame(buf_str(&out), &state, limits,
			     &fault) == (ptrdiff_t)out.len);
	stox_require(sip_message_parse(out.data, out.len, limits, &again,
			     &fault) == 0);
	stox_require(again.via_count == m->via_count);
	stox_require(str_eq(again.via.branch, m->via.branch));
	stox_require(str_eq(again.via.sent_by, m->via.sent_by));
	stox_require(str_eq(again.from.uri_text, m->from.uri_text));
	stox_require(str_eq(again.from.tag, m->from.tag));
	stox_require(str_eq(again.from.display, m->from.display));
	stox_require(str_eq(again.to.uri_text, m->to.uri_text));
	stox_require(str_eq(again.to.tag, m->to.tag));
	stox_require(str_eq(again.call_id, m->call_id));
	stox_require(again.cseq == m->cseq);
	stox_require(str_eq(again.cseq_method, m->cseq_method));
out:
	buf_free(&out);
}

static void check_displays(const struct sip_message *m)
{
	struct buf words, quoted;
	struct sip_address a;

	buf_init(&words, 1 << 17, NULL);
	buf_init(&quoted, 1 << 17, NULL);
	sip_display_text(&words, m->from.display);
	stox_require(!str_has_control(buf_str(&words)));
	sip_write_display(&quoted, buf_str(&words));
	buf_add_text(&quoted, "<sip:a@b>;tag=1");
	stox_require(sip_address_parse(buf_str(&quoted), &a) == 0);
	stox_require(str_is(a.uri_text, "sip:a@b"));
	buf_free(&words);
	buf_free(&quoted);
}

/* Parse @len bytes from a block of exactly that size. */
static void check_parse(struct str bytes, const struct limits *limits,
	bool framed)
{
	struct sip_message m;
	struct sip_fault fault = { .status = 999 };
	char *copy = base_alloc(bytes.len ? bytes.len : 1);

	if (bytes.len)
		memcpy(copy, bytes.p, bytes.len);
	if (sip_message_parse(copy, bytes.len, limits, &m, &fault) == 0) {
		if (framed)
			stox_require(m.body.p + m.body.len ==
				     copy + bytes.len);
		check_parts(&m);
		check_again(&m, limits);
		check_displays(&m);
	} else {
		stox_require(fault.why && fault.status != 999);
		stox_require(!fault.can_answer || m.is_request);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data + 1, size - 1 };
	struct sip_framing whole = { 0 }, pieces = { 0 };
	struct sip_fault fault, fault_pieces;
	struct limits limits;
	ptrdiff_t n, n_pieces;

	if (!size || size > 200000)
		return 0;
	limits_init(&limits);
	n = frame(bytes, bytes.len, &limits, &whole, &fault);
	n_pieces = frame(bytes, data[0] % 64 + 1, &limits, &pieces,
		&fault_pieces);
	stox_require(n == n_pieces);
	stox_require(n < 0 ? fault.close && fault_pieces.close
			   : whole.header_len == pieces.header_len);
	if (n > 0)
		check_parse((struct str){ bytes.p, (size_t)n }, &limits, true);
	else
		check_parse(bytes, &limits, false);
	return 0;
}
