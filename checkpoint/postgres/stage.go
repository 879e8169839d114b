package postgres

import (
	"iter"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/keys"
)

// stage copies the rows of an input into a table of this transaction.
func (im *importer) stage(rows iter.Seq2[checkpoint.Row, error]) error {
	_, err := im.d.exec(`CREATE TEMPORARY TABLE fresh (position bigint NOT NULL, line bigint NOT NULL, id text NOT NULL, skip text NOT NULL, fields bytea NOT NULL,
		originals bytea, key bytea, mode text NOT NULL, subject bigint NOT NULL, payload bytea) ON COMMIT DROP`)
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(rows)
	defer stop()
	source := pgx.CopyFromFunc(func() ([]any, error) {
		r, err, more := next()
		if im.rowsErr = err; !more || err != nil {
			return nil, err
		}
		im.plan.Rows++
		return staged(int64(im.plan.Rows), r), nil
	})
	columns := []string{"position", "line", "id", "skip", "fields", "originals", "key", "mode", "subject", "payload"}
	if _, err := im.d.CopyFrom(im.d.ctx, pgx.Identifier{"fresh"}, columns, source); err != nil {
		return err
	}
	_, err = im.d.exec("ANALYZE fresh")
	return err
}

// staged returns the columns of a row.
func staged(position int64, r checkpoint.Row) []any {
	if r.Fields == nil {
		r.Fields = []byte{} // the column is NOT NULL
	}
	var key, payload []byte
	if r.Skip == "" {
		k := keys.Of(r.Payload)
		key, payload = k[:], r.Payload
	} else {
		r.Originals = nil
	}
	return []any{position, int64(r.Line), text(r.ID), text(r.Skip), r.Fields, r.Originals, key, text(r.Mode), keys.Subject(r.Subject), payload}
}
