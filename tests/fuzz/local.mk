# A fuzz target per parser.  `make check` replays each corpus; with
# --enable-fuzzers `make fuzz` runs each target for FUZZ_RUNS runs.
FUZZ_RUNS = 1000000

check_PROGRAMS += tests/fuzz/replay_config
TESTS += tests/fuzz/replay_config
tests_fuzz_replay_config_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_config.c
tests_fuzz_replay_config_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"config"'
tests_fuzz_replay_config_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_config_LDADD = $(NODE_LIBS)

check_PROGRAMS += tests/fuzz/replay_cpim
TESTS += tests/fuzz/replay_cpim
tests_fuzz_replay_cpim_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_cpim.c
tests_fuzz_replay_cpim_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"cpim"'
tests_fuzz_replay_cpim_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_cpim_LDADD = $(SIP_MODEL) $(BASE)

check_PROGRAMS += tests/fuzz/replay_diagnostics
TESTS += tests/fuzz/replay_diagnostics
tests_fuzz_replay_diagnostics_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_diagnostics.c
tests_fuzz_replay_diagnostics_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"diagnostics"'
tests_fuzz_replay_diagnostics_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_diagnostics_LDADD = $(MAP) $(SIP_MODEL) $(XMPP_MODEL) $(XML) $(BASE)

check_PROGRAMS += tests/fuzz/replay_documents
TESTS += tests/fuzz/replay_documents
tests_fuzz_replay_documents_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_documents.c
tests_fuzz_replay_documents_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"documents"'
tests_fuzz_replay_documents_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_documents_LDADD = $(XML) $(BASE)

check_PROGRAMS += tests/fuzz/replay_jid
TESTS += tests/fuzz/replay_jid
tests_fuzz_replay_jid_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_jid.c
tests_fuzz_replay_jid_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"jid"'
tests_fuzz_replay_jid_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_jid_LDADD = $(XMPP_MODEL) $(XML) $(BASE)

check_PROGRAMS += tests/fuzz/replay_s2s
TESTS += tests/fuzz/replay_s2s
tests_fuzz_replay_s2s_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_s2s.c
tests_fuzz_replay_s2s_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"s2s"'
tests_fuzz_replay_s2s_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_s2s_LDADD = $(XMPP) $(XMPP_MODEL) $(XML) $(IO) $(BASE)

check_PROGRAMS += tests/fuzz/replay_sip
TESTS += tests/fuzz/replay_sip
tests_fuzz_replay_sip_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_sip.c
tests_fuzz_replay_sip_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"sip"'
tests_fuzz_replay_sip_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_sip_LDADD = $(SIP_MODEL) $(BASE)

check_PROGRAMS += tests/fuzz/replay_uri
TESTS += tests/fuzz/replay_uri
tests_fuzz_replay_uri_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_uri.c
tests_fuzz_replay_uri_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"uri"'
tests_fuzz_replay_uri_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_uri_LDADD = $(SIP_MODEL) $(BASE)

check_PROGRAMS += tests/fuzz/replay_xml
TESTS += tests/fuzz/replay_xml
tests_fuzz_replay_xml_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_xml.c
tests_fuzz_replay_xml_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"xml"'
tests_fuzz_replay_xml_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_xml_LDADD = $(XML) $(BASE)

check_PROGRAMS += tests/fuzz/replay_transaction
TESTS += tests/fuzz/replay_transaction
tests_fuzz_replay_transaction_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_transaction.c
tests_fuzz_replay_transaction_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DCORPUS='"transaction"'
tests_fuzz_replay_transaction_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_replay_transaction_LDADD = $(SIP) $(SIP_MODEL) $(IO) $(BASE)

if FUZZERS
FUZZERS_BUILT = \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_cpim \
	tests/fuzz/fuzz_diagnostics \
	tests/fuzz/fuzz_documents \
	tests/fuzz/fuzz_jid \
	tests/fuzz/fuzz_s2s \
	tests/fuzz/fuzz_sip \
	tests/fuzz/fuzz_transaction \
	tests/fuzz/fuzz_uri \
	tests/fuzz/fuzz_xml
EXTRA_PROGRAMS += $(FUZZERS_BUILT)
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c
tests_fuzz_fuzz_config_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_config_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_config_LDADD = $(NODE_LIBS)
tests_fuzz_fuzz_cpim_SOURCES = tests/fuzz/fuzz_cpim.c
tests_fuzz_fuzz_cpim_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_cpim_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_cpim_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_cpim_LDADD = $(SIP_MODEL) $(BASE)
tests_fuzz_fuzz_diagnostics_SOURCES = tests/fuzz/fuzz_diagnostics.c
tests_fuzz_fuzz_diagnostics_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_diagnostics_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_diagnostics_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_diagnostics_LDADD = $(MAP) $(SIP_MODEL) $(XMPP_MODEL) $(XML) $(BASE)
tests_fuzz_fuzz_documents_SOURCES = tests/fuzz/fuzz_documents.c
tests_fuzz_fuzz_documents_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_documents_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_documents_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_documents_LDADD = $(XML) $(BASE)
tests_fuzz_fuzz_jid_SOURCES = tests/fuzz/fuzz_jid.c
tests_fuzz_fuzz_jid_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_jid_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_jid_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_jid_LDADD = $(XMPP_MODEL) $(XML) $(BASE)
tests_fuzz_fuzz_s2s_SOURCES = tests/fuzz/fuzz_s2s.c
tests_fuzz_fuzz_s2s_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_s2s_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_s2s_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_s2s_LDADD = $(XMPP) $(XMPP_MODEL) $(XML) $(IO) $(BASE)
tests_fuzz_fuzz_sip_SOURCES = tests/fuzz/fuzz_sip.c
tests_fuzz_fuzz_sip_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_sip_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_sip_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_sip_LDADD = $(SIP_MODEL) $(BASE)
tests_fuzz_fuzz_uri_SOURCES = tests/fuzz/fuzz_uri.c
tests_fuzz_fuzz_uri_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_uri_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_uri_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_uri_LDADD = $(SIP_MODEL) $(BASE)
tests_fuzz_fuzz_xml_SOURCES = tests/fuzz/fuzz_xml.c
tests_fuzz_fuzz_xml_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_xml_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_xml_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_xml_LDADD = $(XML) $(BASE)
tests_fuzz_fuzz_transaction_SOURCES = tests/fuzz/fuzz_transaction.c
tests_fuzz_fuzz_transaction_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_fuzz_fuzz_transaction_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_fuzz_fuzz_transaction_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_transaction_LDADD = $(SIP) $(SIP_MODEL) $(IO) $(BASE)
CLEANFILES += $(FUZZERS_BUILT)

# Findings stay in the build folder, beside the corpus that grew.
fuzz: $(FUZZERS_BUILT)
	@for p in $(FUZZERS_BUILT); do \
		n=`basename $$p | $(SED) s/fuzz_//`; \
		echo "== $$n"; mkdir -p fuzz-$$n; \
		$$p -runs=$(FUZZ_RUNS) -max_len=4096 -timeout=10 \
			-print_final_stats=1 -artifact_prefix=fuzz-$$n/ fuzz-$$n \
			$(srcdir)/tests/fuzz/corpus/$$n || exit 1; \
	done
else
fuzz:
	@echo "configure with CC=clang --enable-fuzzers first"; exit 1
endif
.PHONY: fuzz
EXTRA_DIST += tests/fuzz/corpus
