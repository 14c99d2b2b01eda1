# Numbered migrations, in order; they are compiled into the store.
SCHEMA_SQL = \
	$(srcdir)/schema/001-start.sql \
	$(srcdir)/schema/002-pair.sql \
	$(srcdir)/schema/003-sessions.sql \
	$(srcdir)/schema/004-routes.sql \
	$(srcdir)/schema/005-counts.sql
EXTRA_DIST += $(SCHEMA_SQL) $(srcdir)/schema/embed.awk
CLEANFILES += src/store/schema.c

src/store/schema.c: $(SCHEMA_SQL) $(srcdir)/schema/embed.awk
	$(AM_V_GEN)$(MKDIR_P) src/store && \
	LC_ALL=C $(AWK) -f $(srcdir)/schema/embed.awk $(SCHEMA_SQL) > $@.new && \
	mv $@.new $@
