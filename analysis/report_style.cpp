#include "analysis/report_parts.hpp"

namespace arraigo::analysis {

char const* report_style() {
  return R"(
:root{color-scheme:light;--ink:#1c2126;--faint:#5a646e;--line:#d5dade;--paper:#fff;--tint:#f3f6f8;--accent:#0b4f7a}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",Arial,sans-serif;overflow-wrap:break-word}
main,header,footer{max-width:64rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem;border-top:6px solid var(--accent)}
h1{font-size:2rem;line-height:1.2;margin:.2rem 0 .8rem}
caption{padding-top:.6rem}
h2{font-size:1.4rem;line-height:1.25;margin:2.6rem 0 .7rem;padding-top:.7rem;border-top:2px solid var(--accent)}
h3{font-size:1.12rem;margin:1.8rem 0 .5rem}
h4{font-size:1rem;margin:1rem 0 .3rem}
p{margin:.5rem 0}
.kind{color:var(--accent);font-size:.9rem;margin:0}
.scope,.note{color:var(--faint);font-size:.88rem}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:.8rem 0;font-size:.92rem}
a{color:var(--accent)}
.question{font-size:1.15rem;font-weight:600}
.answer{font-size:1.06rem;background:var(--tint);border-left:5px solid var(--accent);padding:.7rem 1rem;margin:.8rem 0}
dl.directions{margin:.7rem 0;font-size:.95rem}
dl.directions dt{font-weight:600;margin-top:.45rem}
dl.directions dd{margin:0 0 0 1.1rem}
.scroll{overflow-x:auto;margin:.7rem 0}
table{border-collapse:collapse;font-size:.87rem;line-height:1.35;width:100%}
caption{text-align:left;font-weight:600;padding:.2rem 0 .35rem}
th,td{text-align:left;vertical-align:middle;padding:.26rem .5rem;border-bottom:1px solid var(--line)}
thead th{border-bottom:2px solid var(--ink);vertical-align:bottom;font-weight:600}
tbody th{font-weight:400}
tbody th.part{font-weight:600;background:var(--tint)}
.n{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:normal}
td.n{white-space:nowrap}
td.drawn,th.drawn{width:190px;min-width:150px;padding-top:0;padding-bottom:0}
td.clear{font-weight:600}
td.when{white-space:nowrap}
td.unsure{color:#6b737b;font-style:italic;background:#f1f1f1}
td.c{text-align:center;white-space:nowrap;font-variant-numeric:tabular-nums}
table.matrix{table-layout:fixed}
@media screen{table.matrix{min-width:38rem}}
.matrix th:first-child{width:26%}
.matrix th.c{text-align:center;font-size:.78rem;padding-left:.2rem;padding-right:.2rem}
td.unit{font-size:.8rem;color:var(--faint)}
.headline th:first-child{min-width:9.5rem}
table.narrow{width:auto}
details{margin:.4rem 0 .9rem;font-size:.95rem}
summary{cursor:pointer;color:var(--accent);font-size:.9rem;padding:.15rem 0}
details .scroll{max-height:30rem;overflow-y:auto;border:1px solid var(--line)}
details thead th{position:sticky;top:0;background:var(--paper)}
svg{display:block;max-width:100%;height:auto}
.pair svg{width:100%}
svg text{font:11px "DejaVu Sans",Arial,sans-serif;fill:#444c54}
svg.map text{font-size:8.5px;fill:#16191c;stroke:#fff;stroke-width:2.2px;stroke-opacity:.85;paint-order:stroke}
.map path,.map use{stroke:#8a9299;stroke-width:.7;stroke-linejoin:round}
.map.many path,.map.many use{stroke-width:.25}
.away{position:absolute}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:.4rem 1.2rem}
.pair p{margin:.1rem 0;font-size:.84rem;color:var(--faint)}
.maps{display:flex;flex-wrap:wrap;gap:1rem 2rem;align-items:flex-start}
.maps figure{margin:0}
.maps.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr))}
.swatch{display:inline-flex;align-items:center;gap:.45rem}
.swatch svg{flex:none}
.swatch-box{stroke:#8a9299}
ul.close{margin:.4rem 0 1rem;padding-left:1.3rem;font-size:.94rem}
figure{margin:.6rem 0}
figcaption{font-size:.9rem;font-weight:600;margin-bottom:.3rem}
.legend{display:flex;flex-wrap:wrap;gap:.15rem 1.4rem;list-style:none;margin:.5rem 0;padding:0;font-size:.9rem}
.legend li{display:flex;align-items:center;gap:.45rem}
.legend svg{flex:none}
.key{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem 1.6rem;margin:.5rem 0;font-size:.87rem}
.warn{background:#fff6e5;border-left:5px solid #b86e00;padding:.5rem .9rem}
table.provenance th,table.provenance td,.digest{overflow-wrap:anywhere}
.digest{font-family:"DejaVu Sans Mono",Consolas,monospace;font-size:.76rem}
footer{margin-top:2.5rem;padding-bottom:2.5rem;color:var(--faint);font-size:.88rem;border-top:1px solid var(--line)}
@media print{
@page{size:A4;margin:15mm 14mm}
html{font-size:10pt}
body{font-size:10pt}
main,header,footer{max-width:none;padding:0}
header{border-top-width:3pt;padding-top:6pt}
nav{display:none}
h1{font-size:18pt}h2{font-size:13.5pt;margin-top:16pt}h3{font-size:11pt}
table{font-size:7.6pt}
th,td{padding:1.6pt 3.4pt}
h2,h3,h4,caption,figcaption,dt,h2+p,h3+p,.key,.legend{break-after:avoid}
.maps.figures{grid-template-columns:1fr 1fr;gap:6pt 12pt}
tr,figure,.answer,.pair,.warn,.one-map{break-inside:avoid}
tr:has(th.part){break-after:avoid}
thead{display:table-header-group}
a{color:inherit;text-decoration:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.scroll,details .scroll{overflow:visible;max-height:none;border:0}
details:not([open]){display:none}
details thead th{position:static}
td.drawn,th.drawn{width:150px;min-width:120px}
.matrix th.c{font-size:6.8pt}
.pair{grid-template-columns:1fr 1fr}
}
)";
}

}  // namespace arraigo::analysis
