"""The interface in other languages: what people read most, in German, simplified Chinese and Japanese.

Blender falls back to English for what is not here, and prefers its own words for what it has itself.
Labels of operators have the context "Operator".
"""

from __future__ import annotations

import bpy

OPERATOR, ANY = "Operator", "*"

_TABLE: dict[tuple[str, str], tuple[str, str, str]] = {
    # what Blender looks up: German, simplified Chinese, Japanese
    (OPERATOR, "Trace World"): ("Welt nachzeichnen", "追踪世界", "ワールドをトレース"),
    (ANY, "Trace World"): ("Welt nachzeichnen", "追踪世界", "ワールドをトレース"),
    (OPERATOR, "Cancel Trace"): ("Nachzeichnen abbrechen", "取消追踪", "トレースを中止"),
    (OPERATOR, "Cancel All"): ("Alle abbrechen", "全部取消", "すべて中止"),
    (OPERATOR, "Select Layer"): ("Ebene auswählen", "选择图层", "レイヤーを選択"),
    (OPERATOR, "Apply to All Layers"): ("Auf alle Ebenen anwenden", "应用到所有图层", "全レイヤーに適用"),
    (OPERATOR, "Show Layers"): ("Ebenen zeigen", "显示图层", "レイヤーを表示"),
    (OPERATOR, "Show Solid"): ("Volumenkörper zeigen", "显示实体", "ソリッドを表示"),
    (OPERATOR, "Show Layers or Solid"): (
        "Ebenen oder Volumenkörper zeigen",
        "显示图层或实体",
        "レイヤーかソリッドを表示",
    ),
    (ANY, "Model: {name}"): ("Modell: {name}", "模型：{name}", "モデル: {name}"),
    (OPERATOR, "Seed Sweep"): ("Mehrere Startwerte", "种子对比", "シードを比較"),
    (OPERATOR, "Keep This Variant"): ("Diese Variante behalten", "保留此变体", "このバリエーションを残す"),
    (OPERATOR, "Trace Folder"): ("Ordner nachzeichnen", "追踪文件夹", "フォルダーをトレース"),
    (OPERATOR, "Import Stack"): ("Ebenenstapel importieren", "导入图层堆栈", "レイヤースタックをインポート"),
    (OPERATOR, "Use Trace Camera"): ("Kamera des Bildes benutzen", "使用图像相机", "画像のカメラを使用"),
    (OPERATOR, "Rebuild from Stack"): ("Aus Stapel neu aufbauen", "从堆栈重建", "スタックから再構築"),
    (OPERATOR, "Take Settings Over"): ("Einstellungen übernehmen", "沿用设置", "設定を引き継ぐ"),
    (OPERATOR, "Delete Trace"): ("Nachzeichnung löschen", "删除追踪", "トレースを削除"),
    (OPERATOR, "Install Backend"): ("Backend installieren", "安装后端", "バックエンドをインストール"),
    (OPERATOR, "Cancel Installation"): ("Installation abbrechen", "取消安装", "インストールを中止"),
    (OPERATOR, "Remove Backend"): ("Backend entfernen", "移除后端", "バックエンドを削除"),
    (OPERATOR, "Check Backend"): ("Backend prüfen", "检查后端", "バックエンドを確認"),
    (OPERATOR, "Unload Model"): ("Modell entladen", "卸载模型", "モデルを解放"),
    (OPERATOR, "Open Log"): ("Protokoll öffnen", "打开日志", "ログを開く"),
    (OPERATOR, "Download Model"): ("Modell herunterladen", "下载模型", "モデルをダウンロード"),
    (OPERATOR, "Verify Model"): ("Modell prüfen", "校验模型", "モデルを検証"),
    (OPERATOR, "Delete Model"): ("Modell löschen", "删除模型", "モデルを削除"),
    (OPERATOR, "Move Models"): ("Modelle verschieben", "移动模型", "モデルを移動"),
    (OPERATOR, "Mask from Box"): ("Maske aus Rahmen", "框选遮罩", "枠からマスク"),
    (OPERATOR, "Paint Mask"): ("Maske malen", "绘制遮罩", "マスクを描く"),
    (OPERATOR, "Paste Image"): ("Bild einfügen", "粘贴图像", "画像を貼り付け"),
    (OPERATOR, "Make Solid"): ("Volumenkörper erstellen", "生成实体", "ソリッドを作成"),
    (OPERATOR, "Reduce Faces"): ("Flächen verringern", "减少面数", "面を減らす"),
    (OPERATOR, "Ground"): ("Auf den Boden stellen", "对齐地面", "床に合わせる"),
    (OPERATOR, "Use Known Camera"): ("Bekannte Kamera benutzen", "使用已知相机", "既知のカメラを使用"),
    (OPERATOR, "Fill Hidden Colour"): ("Farbe ergänzen", "填充隐藏面颜色", "隠れた面の色を補う"),
    (OPERATOR, "Find Sky"): ("Himmel suchen", "查找天空", "空を検出"),
    (OPERATOR, "Mark Selected as Sky"): (
        "Auswahl als Himmel markieren",
        "将所选标记为天空",
        "選択を空にする",
    ),
    (OPERATOR, "Select Sky"): ("Himmel auswählen", "选择天空", "空を選択"),
    (OPERATOR, "Select Pixels Under Mask"): (
        "Pixel unter der Maske auswählen",
        "选择遮罩下的像素",
        "マスク下のピクセルを選択",
    ),
    (OPERATOR, "Select Same Pixel Through All Layers"): (
        "Gleiches Pixel überall",
        "选择所有图层中的同一像素",
        "全レイヤーの同じピクセルを選択",
    ),
    (OPERATOR, "Export Stack"): (
        "Ebenenstapel exportieren",
        "导出图层堆栈",
        "レイヤースタックをエクスポート",
    ),
    (ANY, "Hidden Colour"): ("Farbe des Verdeckten", "隐藏面颜色", "隠れた面の色"),
    (ANY, "Lit"): ("Beleuchtet", "受光照", "照明あり"),
    (ANY, "Leave Out Sky"): ("Himmel weglassen", "去除天空", "空を除く"),
    (ANY, "Sky Mask"): ("Himmelsmaske", "天空遮罩", "空のマスク"),
    (ANY, "Traces"): ("Nachzeichnungen", "追踪列表", "トレース一覧"),
    (ANY, "Selected Layer"): ("Ausgewählte Ebene", "所选图层", "選択中のレイヤー"),
    (ANY, "Mask"): ("Maske", "遮罩", "マスク"),
    (ANY, "Model's Own"): ("Wie im Modell", "模型默认", "モデルの既定"),
    (ANY, "Stretch"): ("Strecken", "拉伸", "引き伸ばし"),
    (ANY, "Output"): ("Ausgabe", "输出", "出力"),
    (ANY, "Layered Mesh"): ("Mesh je Ebene", "分层网格", "レイヤーメッシュ"),
    (ANY, "Fill Hidden Colour"): ("Farbe ergänzen", "填充隐藏面颜色", "隠れた面の色を補う"),
    (ANY, "Show Layers"): ("Ebenen zeigen", "显示图层数", "表示レイヤー数"),
    (ANY, "Tear"): ("Trennung", "撕裂阈值", "切断しきい値"),
    (ANY, "Grazing Angle"): ("Streifwinkel", "掠射角", "すれすれ角"),
    (ANY, "Smallest Island"): ("Kleinste Insel", "最小孤岛", "最小アイランド"),
    (ANY, "Use Existing Python"): ("Vorhandenes Python benutzen", "使用现有 Python", "既存の Python を使用"),
    (ANY, "Folder of Wheels"): ("Ordner mit Wheels", "Wheel 文件夹", "Wheel フォルダー"),
    (ANY, "Models Folder"): ("Ordner für Modelle", "模型文件夹", "モデルのフォルダー"),
    (ANY, "Package Index"): ("Paketindex", "软件包索引", "パッケージインデックス"),
    (ANY, "PyTorch Build"): ("PyTorch-Ausführung", "PyTorch 版本", "PyTorch のビルド"),
    (OPERATOR, "Use as Image"): ("Als Bild benutzen", "用作图像", "画像として使用"),
    (OPERATOR, "Use as Mask"): ("Als Maske benutzen", "用作遮罩", "マスクとして使用"),
    (OPERATOR, "Trace Footage"): ("Film nachzeichnen", "追踪视频素材", "映像をトレース"),
    (OPERATOR, "Import Shot"): ("Einstellung importieren", "导入镜头", "ショットをインポート"),
    (OPERATOR, "Merge Static"): ("Unbewegtes vereinen", "合并静态部分", "静止部分を統合"),
    (OPERATOR, "Trace Ground Truth"): ("Wahre Geometrie nachzeichnen", "追踪真实几何", "正解形状をトレース"),
    (OPERATOR, "Fit to Layers"): ("An Ebenen anpassen", "对齐到图层", "レイヤーに合わせる"),
    (OPERATOR, "Project Texture"): ("Textur projizieren", "投影纹理", "テクスチャを投影"),
    (OPERATOR, "UV Map per Camera"): ("UV-Map je Kamera", "每个相机一个 UV", "カメラごとの UV マップ"),
    (OPERATOR, "Re-project Pixels"): ("Pixel neu projizieren", "重新投影像素", "ピクセルを再投影"),
    (OPERATOR, "Selected"): ("Auswahl", "所选", "選択部分"),
    (OPERATOR, "User Guide"): ("Handbuch", "用户指南", "ユーザーガイド"),
    (OPERATOR, "Open Preferences"): ("Einstellungen öffnen", "打开偏好设置", "プリファレンスを開く"),
    (OPERATOR, "Install Again"): ("Neu installieren", "重新安装", "再インストール"),
    (OPERATOR, "Upgrade Backend"): ("Backend aktualisieren", "升级后端", "バックエンドを更新"),
    (OPERATOR, "Verify"): ("Prüfen", "校验", "検証"),
    (OPERATOR, "Download"): ("Herunterladen", "下载", "ダウンロード"),
    (OPERATOR, "Read the Licence"): ("Lizenz lesen", "阅读许可证", "ライセンスを読む"),
    (OPERATOR, "Open the Model's Page"): ("Seite des Modells öffnen", "打开模型页面", "モデルのページを開く"),
    (ANY, "Model"): ("Modell", "模型", "モデル"),
    (ANY, "Photo"): ("Foto", "照片", "写真"),
    (ANY, "Filled"): ("Ergänzt", "已填充", "補完"),
    (ANY, "Hint"): ("Andeutung", "提示色", "目印"),
    (ANY, "Footage"): ("Film", "视频素材", "映像"),
    (ANY, "Base Python"): ("Basis-Python", "基础 Python", "ベースの Python"),
    (ANY, "Give Up After"): ("Aufgeben nach", "超时放弃", "待ち時間の上限"),
    (ANY, "Hub Token"): ("Hub-Token", "Hub 令牌", "Hub トークン"),
    (ANY, "Try Turns"): ("Drehungen versuchen", "尝试旋转", "回転を試す"),
    (ANY, "Own UVs"): ("Eigene UVs", "自带 UV", "既存の UV"),
    (ANY, "New Unwrap"): ("Neu abwickeln", "重新展开", "新しく展開"),
    (ANY, "Layer 1 Hides"): ("Ebene 1 verdeckt", "图层 1 遮挡", "レイヤー 1 が隠す"),
    (ANY, "Tint Guessed"): ("Geratenes tönen", "为推测部分着色", "推測部分に色付け"),
    (ANY, "Another image is chosen for tracing"): (
        "Ein anderes Bild ist gewählt",
        "追踪的是另一张图像",
        "トレース対象は別の画像です",
    ),
    (ANY, "Not filled in yet"): ("Noch nicht ergänzt", "尚未填充", "まだ補完されていません"),
    (ANY, "Place ({unit})"): ("Lage ({unit})", "位置（{unit}）", "配置（{unit}）"),
    (ANY, "metres"): ("Meter", "米", "メートル"),
    (ANY, "unknown scale"): ("ohne Maßstab", "比例未知", "縮尺不明"),
    (ANY, "Meshes: {meshes}, photos: {photos}"): (
        "Meshes: {meshes}, Fotos: {photos}",
        "网格：{meshes}，照片：{photos}",
        "メッシュ：{meshes}、写真：{photos}",
    ),
    (ANY, "seed {seed}"): ("Start {seed}", "种子 {seed}", "シード {seed}"),
    (ANY, "{model}, seed {seed}, {unit}"): (
        "{model}, Start {seed}, {unit}",
        "{model}，种子 {seed}，{unit}",
        "{model}、シード {seed}、{unit}",
    ),
    (ANY, "Layer {number}, seen in the image"): (
        "Ebene {number}, im Bild zu sehen",
        "图层 {number}，图中可见",
        "レイヤー {number}、画像に見える面",
    ),
    (ANY, "Layer {number}, hidden: a guess"): (
        "Ebene {number}, verdeckt: geraten",
        "图层 {number}，被遮挡：推测",
        "レイヤー {number}、隠れた面：推測",
    ),
    (ANY, "Installed"): ("Installiert", "已安装", "インストール済み"),
    (ANY, "{size} to download"): ("{size} herunterzuladen", "需下载 {size}", "ダウンロード {size}"),
    (ANY, "{place}, {memory} GB memory"): (
        "{place}, {memory} GB Speicher",
        "{place}，{memory} GB 内存",
        "{place}、メモリ {memory} GB",
    ),
    (ANY, "… and {count} more"): ("… und {count} weitere", "… 还有 {count} 个", "… 他 {count} 件"),
    (ANY, "The backend is not installed yet"): (
        "Das Backend ist noch nicht installiert",
        "后端尚未安装",
        "バックエンドは未インストールです",
    ),
    (ANY, "An installation was not finished; Install repairs it"): (
        "Eine Installation blieb unvollständig; Installieren repariert sie",
        "上次安装未完成；再次安装即可修复",
        "インストールが未完了です。再度インストールすると修復されます",
    ),
    (ANY, "The backend is installed"): (
        "Das Backend ist installiert",
        "后端已安装",
        "バックエンドはインストール済みです",
    ),
    (ANY, "The backend belongs to an older version; Install upgrades it"): (
        "Das Backend gehört zu einer älteren Version; Installieren aktualisiert es",
        "后端属于旧版本；安装即可升级",
        "バックエンドは旧バージョンです。インストールで更新されます",
    ),
    (ANY, "The backend is not installed yet."): (
        "Das Backend ist noch nicht installiert.",
        "后端尚未安装。",
        "バックエンドは未インストールです。",
    ),
    (
        ANY,
        "Install it in Edit > Preferences > Add-ons > World Tracing, or choose a Python with PyTorch there.",
    ): (
        "Unter Bearbeiten > Einstellungen > Add-ons > World Tracing installieren oder dort ein Python mit "
        "PyTorch wählen.",
        "请在“编辑 > 偏好设置 > 插件 > World Tracing”中安装，或在那里选择带有 PyTorch 的 Python。",
        "「編集 > プリファレンス > アドオン > World Tracing」でインストールするか、"
        "PyTorch のある Python を選択してください。",
    ),
    (ANY, "Blender may not go online."): (
        "Blender darf nicht ins Netz.",
        "Blender 不允许联网。",
        "Blender はオンラインアクセスを許可されていません。",
    ),
    (ANY, "Nothing is downloaded: all of it comes out of the folder of wheels"): (
        "Nichts wird heruntergeladen: alles kommt aus dem Ordner mit Wheels",
        "无需下载：全部来自 Wheel 文件夹",
        "ダウンロードはありません。すべて Wheel フォルダーから取得します",
    ),
    (ANY, "Downloads about 0.3 GB for the CPU, up to 4 GB for a GPU"): (
        "Lädt etwa 0,3 GB für die CPU herunter, bis 4 GB für eine GPU",
        "下载量：CPU 约 0.3 GB，GPU 最多 4 GB",
        "ダウンロード量：CPU 用は約 0.3 GB、GPU 用は最大 4 GB",
    ),
    (ANY, "From PyPI, pytorch.org and GitHub (a Python build)"): (
        "Von PyPI, pytorch.org und GitHub (ein Python)",
        "来源：PyPI、pytorch.org 和 GitHub（Python 本体）",
        "取得元：PyPI、pytorch.org、GitHub（Python 本体）",
    ),
    (ANY, "From that index and GitHub (a Python build)"): (
        "Von diesem Index und GitHub (ein Python)",
        "来源：该索引和 GitHub（Python 本体）",
        "取得元：指定のインデックスと GitHub（Python 本体）",
    ),
    (ANY, "Not started yet"): ("Noch nicht gestartet", "尚未启动", "未起動"),
    (ANY, "Starting…"): ("Startet …", "正在启动…", "起動中…"),
    (ANY, "Preparing"): ("Vorbereiten", "准备", "準備"),
    (ANY, "Fetching the installer"): ("Installationsprogramm holen", "获取安装程序", "インストーラーを取得"),
    (ANY, "Making the environment"): ("Umgebung anlegen", "创建环境", "環境を作成"),
    (ANY, "Installing packages"): ("Pakete installieren", "安装软件包", "パッケージをインストール"),
    (ANY, "Trying it on a tiny picture"): (
        "Probe mit einem kleinen Bild",
        "用小图试运行",
        "小さな画像で確認",
    ),
    (ANY, "Models"): ("Modelle", "模型", "モデル"),
    (ANY, "Licence"): ("Lizenz", "许可证", "ライセンス"),
    (ANY, "Memory"): ("Speicher", "内存", "メモリ"),
    (ANY, "Accept and Download"): ("Annehmen und herunterladen", "接受并下载", "同意してダウンロード"),
    (ANY, "Licence: {licence}"): ("Lizenz: {licence}", "许可证：{licence}", "ライセンス：{licence}"),
    (ANY, "Not for commercial use; the results fall under it as well"): (
        "Nicht für gewerbliche Zwecke; das gilt auch für die Ergebnisse",
        "不得用于商业用途；结果同样受此约束",
        "商用不可。結果にも適用されます",
    ),
    (ANY, "Download: {size}"): ("Herunterladen: {size}", "下载：{size}", "ダウンロード：{size}"),
    (ANY, "Memory while tracing: {memory} GB"): (
        "Speicher beim Nachzeichnen: {memory} GB",
        "追踪时内存：{memory} GB",
        "トレース時のメモリ：{memory} GB",
    ),
    (ANY, "Accept the licence on the model's page with your own account there,"): (
        "Auf der Seite des Modells mit eigenem Konto die Lizenz annehmen,",
        "请在模型页面用自己的账户接受许可证，",
        "モデルのページで自分のアカウントからライセンスに同意し、",
    ),
    (ANY, "make an access token, and put it into Hub Token in the preferences."): (
        "ein Zugriffs-Token anlegen und unter Hub-Token eintragen.",
        "创建访问令牌，并填入偏好设置中的“Hub 令牌”。",
        "アクセストークンを作成して「Hub トークン」に入力してください。",
    ),
    (ANY, "Cancelling…"): ("Wird abgebrochen …", "正在取消…", "中止しています…"),
    (ANY, "Starting the backend…"): ("Backend startet …", "正在启动后端…", "バックエンドを起動中…"),
    (ANY, "Waiting…"): ("Wartet …", "等待中…", "待機中…"),
    (ANY, "Working"): ("Arbeitet", "处理中", "処理中"),
    (ANY, ", about {seconds} s left"): (
        ", noch etwa {seconds} s",
        "，约剩 {seconds} 秒",
        "、残り約 {seconds} 秒",
    ),
    # stages of a job, as the worker names them
    (ANY, "Load"): ("Laden", "加载", "読み込み"),
    (ANY, "Read"): ("Lesen", "读取", "読み取り"),
    (ANY, "Encode"): ("Kodieren", "编码", "エンコード"),
    (ANY, "Denoise"): ("Entrauschen", "去噪", "ノイズ除去"),
    (ANY, "Decode"): ("Dekodieren", "解码", "デコード"),
    (ANY, "Clean"): ("Aufräumen", "清理", "後処理"),
    (ANY, "Write"): ("Schreiben", "写入", "書き込み"),
    (ANY, "Fill colour"): ("Einfärben", "填充颜色", "色を補完"),
    (ANY, "Download"): ("Herunterladen", "下载", "ダウンロード"),
    (ANY, "Verify"): ("Prüfen", "校验", "検証"),
}
LOCALES = ("de_DE", "zh_HANS", "ja_JP")


def table() -> dict[str, dict[tuple[str, str], str]]:
    """The table as `bpy.app.translations.register` takes it."""
    return {
        locale: {key: texts[index] for key, texts in _TABLE.items()} for index, locale in enumerate(LOCALES)
    }


def words(text: str, **values: object) -> str:
    """A text of the interface in its language, then its {places} filled in."""
    translated = str(bpy.app.translations.pgettext_iface(text))
    return translated.format(**values) if values else translated
