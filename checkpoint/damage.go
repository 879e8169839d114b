package checkpoint

import (
	"context"
	"database/sql"
	"fmt"
	"hash/crc32"
	"os"
)

// A content is a kind of bytes in the checkpoint, and the sum that it must have.
type content struct {
	what  string
	query string // request, sum, bytes
	same  func(sum, bytes []byte) bool
}

var (
	payloads = content{"payloads that do not match their key", "SELECT id, key, payload FROM requests",
		func(key, payload []byte) bool { k := KeyOf(payload); return string(k[:]) == string(key) }}
	answers = content{"damaged answers", "SELECT request, CAST(crc AS TEXT), answer FROM answers",
		func(crc, answer []byte) bool { return fmt.Sprint(crc32.ChecksumIEEE(answer)) == string(crc) }}
)

// damaged returns the requests whose bytes do not have their sum, of those that
// the condition (SQL, may be empty) selects.
func (c content) damaged(db interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, condition string) (ids []int64, err error) {
	rows, err := db.QueryContext(bg, c.query+condition)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var sum, bytes sql.RawBytes
		if err := rows.Scan(&id, &sum, &bytes); err != nil {
			return nil, err
		}
		if !c.same(sum, bytes) {
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}

// quick is how large a checkpoint may be, in bytes, for an import to verify
// every answer. In a larger one damage is noticed when the answer is read.
const quick = 128 << 20

// findDamage finds requests to mend from the input, and makes damaged answers
// failures.
func (im *importer) findDamage() error {
	s := im.s
	ids, err := payloads.damaged(s.writer, " WHERE state <> 'answered'")
	if err != nil {
		return err
	}
	im.damaged = map[int64]bool{}
	for _, id := range ids {
		im.damaged[id] = true
		var asked bool
		if err := s.writer.QueryRowContext(bg, "SELECT position > 0 FROM requests WHERE id = ?", id).Scan(&asked); err != nil {
			return err
		}
		im.reread = im.reread || asked
	}
	if info, err := os.Stat(s.path); err == nil && info.Size() > quick && !im.opts.RetryFailed {
		return nil
	}
	if ids, err = answers.damaged(s.writer, ""); err != nil {
		return err
	}
	return s.failDamaged(ids)
}

// damagedAnswer is why a request counts as failed whose answer is damaged.
const damagedAnswer = "its answer is damaged in the checkpoint"

// failDamaged makes requests with a damaged answer failures, within a
// transaction. The answer was paid for: it is listed as such, with what is left of
// it.
func (s *Store) failDamaged(ids []int64) error {
	for _, id := range ids {
		err := s.exec(`INSERT INTO uncertain (request, run, started, finished, cost, reason, request_id, partial)
				SELECT q.id, q.run, q.started, q.finished, q.cost, 'damaged answer', '', CAST(substr(a.answer, 1, 65536) AS TEXT)
				FROM requests q JOIN answers a ON a.request = q.id WHERE q.id = ?1 AND q.state = 'answered';
			UPDATE requests SET state = 'failed', passing = 0, cost = 0, reason = 'damaged answer', error = '`+damagedAnswer+`'
				WHERE id = ?1 AND state = 'answered';
			DELETE FROM answers WHERE request = ?1;
			DELETE FROM reused WHERE request = ?1`, id)
		if err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	s.fewer = true
	return s.outdate()
}
