#!/bin/sh
# Mails how a run ended, or that it waits for somebody; not if all went well:
#   bizbatch run questions.csv --notify 'sh /srv/tax/notify-mail.sh tax@example.com'
# Needs the command mail (Debian: bsd-mailx).
set -eu
[ "$BIZBATCH_OUTCOME" != finished ] || [ "$BIZBATCH_EXIT_CODE" != 0 ] || exit 0
mail -s "bizbatch: $BIZBATCH_OUTCOME ($BIZBATCH_CHECKPOINT)" "$1"
