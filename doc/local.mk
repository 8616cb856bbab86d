# The manual, guides, and notes for those who change the code.

dist_man_MANS += doc/solopop.8 doc/solopop-import.8 doc/solopop-passwd.8 \
	doc/solopop-protocol.7 doc/solopop-serve.8 \
	doc/solopop-tls.8 doc/solopop.conf.5
dist_doc_DATA += doc/CONTRIBUTING.md doc/SECURITY.md doc/admin.md \
	doc/design.md doc/from-qpopper.md doc/index.md doc/others.md \
	doc/performance.md doc/first-contact.svg doc/poll-one-new.svg \
	doc/poll-unchanged.svg
EXTRA_DIST += doc/render.sh tests/doc.sh tests/limits.list tests/limits.py \
	tests/manual.py
TESTS += tests/doc.sh
if HAVE_PYTHON
TESTS += tests/limits.py tests/manual.py
endif

# All of it as HTML, and the pages as PDF: doc/html and doc/pdf.
doc:
	$(SHELL) $(top_srcdir)/doc/render.sh $(top_srcdir)/doc doc

clean-doc:
	rm -rf doc/html doc/pdf

.PHONY: doc clean-doc
mostlyclean-local: clean-doc
