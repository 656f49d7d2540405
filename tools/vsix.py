"""Packs a folder with a VS Code extension into OUT/NAME-VERSION.vsix, and prints the path.

  vsix.py FOLDER OUT

The layout is that of the Open Packaging Conventions that VS Code's gallery uses. Equal folders give equal packages.
"""
import json
import os
import sys
import zipfile
from xml.sax.saxutils import escape, quoteattr

TYPES = {".json": "application/json", ".js": "application/javascript", ".md": "text/markdown", ".txt": "text/plain",
         ".vsixmanifest": "text/xml"}
SKIPPED = {".bin", ".package-lock.json", "package-lock.json"}
EPOCH = (1980, 1, 1, 0, 0, 0)


def manifest(package):
    return f"""<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id={quoteattr(package["name"])} Version={quoteattr(package["version"])} Publisher={quoteattr(package["publisher"])}/>
    <DisplayName>{escape(package["displayName"])}</DisplayName>
    <Description xml:space="preserve">{escape(package["description"])}</Description>
    <Tags>flow,__ext_flow</Tags>
    <Categories>{escape(",".join(package["categories"]))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value={quoteattr(package["engines"]["vscode"])}/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionDependencies" Value=""/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
"""


def content_types(paths):
    extensions = sorted({os.path.splitext(path)[1] for path in paths} | {".vsixmanifest"})
    defaults = "".join(f'<Default Extension={quoteattr(e)} ContentType="{TYPES.get(e, "application/octet-stream")}"/>'
                       for e in extensions if e)
    return ('<?xml version="1.0" encoding="utf-8"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            f'content-types">{defaults}</Types>\n')


def files(folder):
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in SKIPPED)
        for name in sorted(names):
            if name not in SKIPPED:
                yield os.path.relpath(os.path.join(base, name), folder)


def main():
    folder, out = sys.argv[1:3]
    with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
        package = json.load(file)
    paths = list(files(folder))
    target = os.path.join(out, f"{package['name']}-{package['version']}.vsix")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as vsix:
        def add(name, data):
            vsix.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)
        add("[Content_Types].xml", content_types(paths))
        add("extension.vsixmanifest", manifest(package))
        for path in paths:
            with open(os.path.join(folder, path), "rb") as file:
                add("extension/" + path, file.read())
    print(target)


if __name__ == "__main__":
    main()
