package checkpoint

import (
	"database/sql"
	"hash/crc32"
	"os"
	"strconv"

	"bizbatch/checkpoint/internal/keys"
)

// damagedPayloads returns the requests that the condition selects, in SQL, whose
// payload does not match their key.
func damagedPayloads(db querier, condition string) ([]int64, error) {
	return findRows(db, "SELECT id, key, payload FROM requests WHERE "+condition, func(key, payload []byte) bool {
		return !keys.Of(payload).Is(key)
	})
}

// damagedAnswers returns the answered requests whose answer does not have its
// checksum, or is not there.
func damagedAnswers(db querier) ([]int64, error) {
	return findRows(db, "SELECT q.id, a.crc, a.answer FROM requests q LEFT JOIN answers a ON a.request = q.id WHERE q.state = 'answered'", func(crc, answer []byte) bool {
		return len(answer) == 0 || strconv.FormatUint(uint64(crc32.ChecksumIEEE(answer)), 10) != string(crc)
	})
}

// findRows returns the first column of the rows of which the two others are bad.
func findRows(db querier, text string, bad func(sum, content []byte) bool) (ids []int64, err error) {
	err = query(db, func(rows *sql.Rows) (bool, error) {
		var id int64
		var sum, content sql.RawBytes
		if err := rows.Scan(&id, &sum, &content); err != nil {
			return false, err
		}
		if bad(sum, content) {
			ids = append(ids, id)
		}
		return true, nil
	}, text)
	return ids, err
}

// quick is how large a checkpoint may be, in bytes, for an import to verify
// every answer. In a larger one damage is noticed when the answer is read.
const quick = 128 << 20

func isQuick(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() <= quick
}

// findDamage finds requests to mend from the input, and makes damaged answers
// failures.
func (im *importer) findDamage() error {
	s := im.s
	which, thorough := "state <> 'answered'", im.opts.RetryFailed || isQuick(s.path)
	if thorough {
		which = "true" // else an answered request with a damaged key would be asked again
	}
	ids, err := damagedPayloads(s.writer, which)
	if err != nil {
		return err
	}
	im.damaged, im.misnamed = map[uint32]bool{}, map[keys.Key]uint32{}
	for _, id := range ids {
		var asked bool
		var payload []byte
		if err := s.writer.QueryRowContext(bg, "SELECT position > 0, payload FROM requests WHERE id = ?", id).Scan(&asked, &payload); err != nil {
			return err
		}
		im.damaged[uint32(id)] = true
		im.misnamed[keys.Of(payload)] = uint32(id)
		im.reread = im.reread || asked
	}
	if s.original != "" || !thorough {
		return nil // the answers of a copy stayed where they are, see copyFrom
	}
	if ids, err = damagedAnswers(s.writer); err != nil {
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
				SELECT q.id, q.run, q.started, q.finished, q.cost, 'damaged answer', '', coalesce(CAST(substr(a.answer, 1, 65536) AS TEXT), '')
				FROM requests q LEFT JOIN answers a ON a.request = q.id WHERE q.id = ?1 AND q.state = 'answered';
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
