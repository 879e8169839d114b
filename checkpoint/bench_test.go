package checkpoint

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkSave has b.N requests sent and answered in a checkpoint that does not sync,
// by one goroutine and by 64: what the package itself takes for it.
func BenchmarkSave(b *testing.B) {
	for _, workers := range []int{1, 64} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) {
			s := open(b, temp(b), Options{NoSync: true})
			rows := make([]Row, b.N)
			for i := range rows {
				rows[i] = ask(fmt.Sprint(i), fmt.Sprint("text ", i))
			}
			doImport(b, s, ImportOptions{}, rows...)
			run, page := begin(b, s, b.N)
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for w := range workers {
				wg.Go(func() {
					for i := w; i < len(page); i += workers {
						r := page[i]
						if err := run.Start(r.ID, noon, 24); err != nil {
							b.Error(err)
						}
						if err := run.Complete(r.ID, answerTo(r)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
		})
	}
}
